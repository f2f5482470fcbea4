"""Free energies, reaction paths, gases, and the diagram of a path."""
