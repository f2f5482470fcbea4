"""Who runs a task and where: the runner and its executors."""
