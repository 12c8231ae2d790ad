"""One page of HTML with all that is to be known of a comparison, which needs nothing but a browser."""
