"""A study as jobs of a scheduler: scripts, numbers of jobs, drivers, and where it all stands."""
