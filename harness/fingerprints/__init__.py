"""Digests of code and of what it reads: the same only where the same is computed."""
