"""Pictures of what levels of theory are off by."""
