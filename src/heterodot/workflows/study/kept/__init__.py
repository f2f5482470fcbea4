"""What a run leaves for later: whether anything changed since, and how to read it again."""
