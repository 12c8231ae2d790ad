"""Numbers in compiled code: exponential and logarithm, matrix products. Nothing here knows of networks."""
