"""Parts shared by several commands: table layout, progress, summaries of runs, study files."""
