"""The operator's pages, behind a log-in: look at everything, change little, and leave a trace."""
