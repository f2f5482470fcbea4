"""What shows itself in a notebook: structures in three dimensions, tables, progress lines."""
