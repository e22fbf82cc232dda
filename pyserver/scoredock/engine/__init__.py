"""Finds and talks to a Docker engine: socket and context, images, containers, progress."""
