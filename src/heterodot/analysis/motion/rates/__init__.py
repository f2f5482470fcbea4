"""Barriers, rates and diffusion: numbers and figures."""
