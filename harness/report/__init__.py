"""What a finished experiment leaves for its readers: tables, figures, the reference copy."""
