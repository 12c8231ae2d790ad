"""Follow the gradient: one compiled loop, its schedules, and a small file for each family of update rules."""
