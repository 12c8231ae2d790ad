"""What the runs say: summaries and statistics, where a run that failed counts as much as one that did not."""
