"""How a task computes: recorded, attached, optimised."""
