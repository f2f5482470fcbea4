"""Where the unpaired electrons start: initial magnetic moments that add up to the spin."""

from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.data import ground_state_magnetic_moments

from heterodot.calculators.spin import SpinState
from heterodot.provenance import magnetic_moments


def with_moments(atoms: Atoms, state: SpinState, fixed: bool) -> Atoms:
    """Return a copy whose initial magnetic moments fit the spin state.

    The structure's own moments say where the spin starts and are scaled to the right sum (opposite
    ones are shifted to it); without any, each atom gets a share in proportion to the moment of its
    free atom. A spin-paired state has none.

    Parameters
    ----------
    atoms : Atoms
    state : SpinState
    fixed : bool
        Whether the total moment is fixed; if not, the structure's own moments are kept as they are.
    """
    new = atoms.copy()
    given = magnetic_moments(new)
    new.arrays.pop("initial_magmoms", None)
    if not state.polarized:
        return new
    new.set_initial_magnetic_moments(_moments(new, given, state.n_unpaired, fixed))
    return new


def _moments(atoms: Atoms, given: np.ndarray, unpaired: int, fixed: bool) -> np.ndarray:
    if given.any() and not fixed:
        return given
    total = given.sum()
    if given.any() and unpaired == 0:
        size = np.abs(given)
        return given - total * size / size.sum()
    if abs(total) > 1e-6:
        return given * (unpaired / total)
    share = np.asarray(ground_state_magnetic_moments)[atoms.numbers].astype(float)
    if not share.any():
        share = np.ones(len(atoms))
    return share * (unpaired / share.sum())
