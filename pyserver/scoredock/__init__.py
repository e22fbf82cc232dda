"""Scoredock: check, run, update and debug Azure Machine Learning entry scripts on your own machine."""

__version__ = "0.1.0"
