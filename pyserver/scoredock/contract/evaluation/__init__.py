"""Follows the text as Python would run it: what each expression may be, path by path."""
