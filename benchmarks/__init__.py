"""Side by side with peers, on the reader's own machine: ``python -m benchmarks.gradient_step``."""
