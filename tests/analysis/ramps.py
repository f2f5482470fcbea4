"""A model of bent bands, shared by tests."""

import numpy as np
from ase import Atoms

from heterodot.analysis import ElectronicStructure, Projections


def ramp(n=6, step=0.1):
    """Two flat bands on each layer, bent by ``step`` eV from one layer to the next."""
    bend = step * np.arange(n)
    energies = np.concatenate([bend - 1.0, bend + 1.0])[None, None]
    weights = np.tile(np.eye(n), (2, 1))[None, None]
    es = ElectronicStructure(
        numbers=np.full(n, 16),
        energies=energies,
        k_weights=np.ones(1),
        occupations=np.where(energies < 0.3, 2.0, 0.0),
        fermi_level=0.3,
        n_electrons=2.0 * n,
        projections={"Mulliken": Projections("Mulliken", weights, np.arange(n), np.zeros(n, int))},
        level={"label": "a model"},
    )
    atoms = Atoms("S" * n, positions=[[0, 0, -2.0 * i] for i in range(n)])
    atoms.set_array("layer", np.arange(n))
    atoms.set_array("domain", np.array(["A"] * (n // 2) + ["B"] * (n - n // 2)))
    return es, atoms
