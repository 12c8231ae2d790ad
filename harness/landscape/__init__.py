"""The loss over a plane of parameter space: which plane, where points lie on it, and the loss there."""
