"""The commands, one file each, found by themselves: ``harness NAME`` is ``command`` in ``NAME.py``."""
