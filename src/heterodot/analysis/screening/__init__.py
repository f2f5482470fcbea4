"""Rankings of candidates, and how well two of them agree."""
