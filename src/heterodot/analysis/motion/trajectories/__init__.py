"""What a trajectory tells: temperature, distances, mean squared displacements, spectra."""
