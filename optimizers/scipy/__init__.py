"""Methods of SciPy, each a few lines on one adapter."""
