"""The gallery of figures, and what makes it."""
