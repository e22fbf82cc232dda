"""Command line. The only room that prints."""
