"""Opens the debugger inside a running service and describes how to attach."""
