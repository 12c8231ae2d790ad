"""One run and what is kept of it: identity, trace, row, store, and the tables that they make."""
