"""Opens the debugger inside a running service and describes how to attach to it.

A worker speaks the Debug Adapter Protocol over a unix socket of its own (runtime/debug.py). Between it and the editor
stands one `Session`: it asks for the secret, makes one debuggee of all workers, and carries breakpoints over to a worker
that takes another's place.
"""
