"""Tasks in which atoms move: dynamics, and what is asked along a trajectory."""
