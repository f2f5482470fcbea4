"""Questions about atoms in motion: dynamics, what follows a trajectory, electron transfer."""
