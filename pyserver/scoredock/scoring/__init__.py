"""Requests to a service: samples, sending, comparing, timing."""
