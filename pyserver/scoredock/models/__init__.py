"""The model registry on disk, and what a model file says about itself without being unpickled."""
