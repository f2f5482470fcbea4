"""Questions about a way between two structures: reaction paths, barriers, diffusion."""
