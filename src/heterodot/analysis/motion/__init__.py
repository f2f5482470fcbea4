"""Atoms that move: phonons, rates and diffusion, trajectories, electron transfer."""
