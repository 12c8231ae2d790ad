"""Hostile input, by the thousand: each is answered by a right result or by one sentence."""
