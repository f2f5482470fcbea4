"""Questions about a crystal: its cell, equation of state, elastic tensor, phonons."""
