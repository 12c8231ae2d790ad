"""Backpropagation, Quickprop and Rprop on the 10-5-10 encoder, Riedmiller and Braun 1993."""
