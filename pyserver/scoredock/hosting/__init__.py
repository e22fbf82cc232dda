"""Local services: start, probe, update, log, stop; the use cases that the command line, the language server and the API share."""
