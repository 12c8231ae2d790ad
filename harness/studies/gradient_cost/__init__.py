"""What a gradient costs as parameters grow, Griewank and Walther 2008."""
