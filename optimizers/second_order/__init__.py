"""Methods that ask for second derivatives, or for the parts of a sum of squares that stand in for them."""
