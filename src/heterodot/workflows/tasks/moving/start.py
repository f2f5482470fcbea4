"""What a dynamics starts from: velocities, degrees of freedom, a timestep that can follow."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.constraints import fixed_indices, partial_constraints

FASTEST = {1: 3760.0, 2: 2400.0, 3: 700.0}
"""cm⁻¹, the fastest vibrations there are with an element of the first, the second and later rows:
O–H of water 3756, O=C=O 2349, N≡N 2359 (NIST Chemistry WebBook); S–O and P–S bonds below 700."""

STEPS_PER_PERIOD, FEWEST_STEPS = 8.0, np.pi
"""Steps for each period of the fastest vibration: below the first, energies drift by more than
single percents of kT; below π the leapfrog diverges (M. P. Allen, D. J. Tildesley, Computer
Simulation of Liquids, 2nd ed. (2017), ch. 3.2)."""

_CM = 33356.40952
"""Period (fs) of one cm⁻¹: 10¹⁵ over the speed of light in cm/s."""


def fastest_period(atoms: Atoms) -> tuple[float, str]:
    """Return the period (fs) of the fastest vibration to be expected, and the element it is of.

    By the row of the lightest atom that may move, scaled by the mass it is given.

    Parameters
    ----------
    atoms : Atoms
        One atom or more that may move.
    """
    from ase.data import atomic_masses

    free = np.setdiff1d(np.arange(len(atoms)), fixed_indices(atoms))
    numbers, masses = atoms.numbers[free], atoms.get_masses()[free]
    rows = np.where(numbers <= 2, 1, np.where(numbers <= 10, 2, 3))
    standard = atomic_masses[numbers]
    wavenumbers = np.array([FASTEST[int(r)] for r in rows]) * np.sqrt(standard / masses)
    highest = int(wavenumbers.argmax())
    return float(_CM / wavenumbers[highest]), str(atoms.symbols[int(free[highest])])


def degrees_of_freedom(atoms: Atoms, keeps_rotation: bool) -> int:
    """Return the number of degrees of freedom that have a temperature.

    Without the motion of the whole, which stays at rest; of a finite structure without its
    rotation, unless the thermostat turns it.

    Parameters
    ----------
    atoms : Atoms
    keeps_rotation : bool
        Whether the equations of motion keep the angular momentum of a finite structure.
    """
    n = 3 * len(atoms) - sum(c.get_removed_dof(atoms) for c in atoms.constraints)
    if is_held(atoms):
        return int(n)
    rotations = {1: 0, 2: 2}.get(len(atoms), 3)
    return int(n - 3 - (rotations if keeps_rotation and not atoms.pbc.any() else 0))


def is_held(atoms: Atoms) -> bool:
    """Whether a constraint ties atoms to a place, so that the whole cannot drift."""
    tied = [c for c in partial_constraints(atoms) if type(c).__name__ != "FixBondLengths"]
    return bool(fixed_indices(atoms) or tied)


def thermal_momenta(atoms: Atoms, temperature: float, rng: np.random.Generator) -> np.ndarray:
    """Return momenta of a Maxwell–Boltzmann distribution, the whole at rest.

    Drawn for each atom and then projected, which leaves each remaining degree of freedom its kT/2:
    nothing is scaled.

    Parameters
    ----------
    atoms : Atoms
        Its constraints hold.
    temperature : float
        K.
    rng : numpy Generator

    Returns
    -------
    (a, 3) float array
        In ASE's units.
    """
    from ase.md.velocitydistribution import thermalize_momenta

    moving = atoms.copy()
    moving.calc = None
    thermalize_momenta(moving, temperature, rng=rng)
    momenta: np.ndarray = moving.get_momenta()
    return momenta if is_held(moving) else _at_rest(moving, momenta)


def _at_rest(atoms: Atoms, momenta: np.ndarray) -> np.ndarray:
    """Return momenta without those of the whole; of a finite structure without its rotation."""
    masses = atoms.get_masses()[:, None]
    still = momenta - masses * momenta.sum(axis=0) / masses.sum()
    if atoms.pbc.any():
        return np.asarray(still)
    arms = atoms.positions - atoms.get_center_of_mass()
    inertia = np.einsum("a,ax,ax->", masses[:, 0], arms, arms) * np.eye(3)
    inertia -= np.einsum("a,ax,ay->xy", masses[:, 0], arms, arms)
    spin = np.linalg.pinv(inertia, rcond=1e-8) @ np.cross(arms, still).sum(axis=0)
    return np.asarray(still - masses * np.cross(spin, arms))
