"""The few files that run inside the user's interpreter or container: standard library, gunicorn and the inference server only; Python 3.7 syntax."""
