"""The command line: where it begins and ends, and one file a command."""
