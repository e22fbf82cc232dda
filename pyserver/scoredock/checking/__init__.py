"""Gathers the facts the contract asks for from project, environment and model files, and runs the checks over files."""
