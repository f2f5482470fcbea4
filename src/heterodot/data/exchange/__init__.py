"""Structures and results as other programs take them: pymatgen's objects, OPTIMADE's JSON."""
