"""Question sets, metrics, runner and reports."""
