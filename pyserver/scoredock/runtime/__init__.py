"""The few files that run inside the user's interpreter or container.

They import the standard library, gunicorn and the inference server only, and keep to Python 3.7 syntax.
"""
