"""Phonons from force constants: bands, densities of states, thermodynamics."""
