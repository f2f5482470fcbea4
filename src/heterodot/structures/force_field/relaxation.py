"""Relaxation by the valence force field: bond lengths and strain of 10⁵ atoms in seconds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import between, whole
from heterodot.errors import ConvergenceError, StructureError
from heterodot.structures.editing import checked_index
from heterodot.structures.force_field.bond_network import REACH, bond_network, estimated_bonds
from heterodot.structures.force_field.keating_energy import BondNetwork, KeatingEnergy
from heterodot.structures.memory import refuse_too_many
from heterodot.structures.requirements import require_atoms

BYTES_PER_ATOM = 4000
"""Peak memory of a relaxation for each atom (measured at 10⁵ atoms: 3 kB)."""

NOTE = "valence force field:"

RECORD = "valence_force_field"


def relax_valence_force_field(
    atoms: Atoms,
    *,
    fmax: float = 1e-3,
    steps: int = 5000,
    free: Iterable[int] | None = None,
    parameters: Mapping[str, Mapping[str, float]] | None = None,
    reach: float = REACH,
) -> Atoms:
    """Move the atoms to the least Keating energy; bonds are kept, the cell is kept.

    P. N. Keating, Phys. Rev. 145, 637 (1966); R. M. Martin, Phys. Rev. B 1, 4005 (1970); constants
    and their sources in :mod:`heterodot.structures.force_field.keating_parameters`. There are no
    Coulomb terms, no anharmonic ones beyond those of the form itself, and no forces between atoms
    that are not bonded: surfaces do not reconstruct, ligands do not see each other. It gives the
    strain of a coherent heterostructure; a small dot (up to some hundred atoms) is better relaxed
    by xTB.

    Parameters
    ----------
    atoms : Atoms
        Dot or crystal of cations and anions (``formal_charge`` or the common charges), unlike ions
        within ``reach`` being bonded.
    fmax : float
        Largest force on a free atom at the end, eV/Å.
    steps : int
        Most iterations of L-BFGS.
    free : iterable of int, optional
        Atoms that may move; all unless given.
    parameters : mapping, optional
        Other constants, such as ``{"In-Se": {"length": 2.6}}`` (Å; ``alpha``, ``beta`` in N/m).
    reach : float
        Longest bond in units of its equilibrium length.

    Returns
    -------
    Atoms
        Copy with the arrays ``bond_strain`` (mean of (length − equilibrium)/equilibrium over each
        atom's bonds) and ``strain_energy`` (eV), and in ``info["heterodot"]`` the record
        ``valence_force_field``: energy (eV), largest force, iterations, for each kind of bond the
        number, mean, least and greatest length, equilibrium length, mean strain and source.

    Raises
    ------
    StructureError
        No constants for a bond, no bonds, a bad number, or not enough memory.
    ConvergenceError
        Not converged within ``steps``.
    """
    require_atoms(atoms)
    _check(fmax, steps, reach)
    refuse_too_many(len(atoms), BYTES_PER_ATOM, "relax fewer atoms")
    if free is not None and not isinstance(free, Iterable):
        raise StructureError(f"free {free!r}: expected the indices of the atoms that may move")
    chosen = None if free is None else [checked_index(atoms, i, "free") for i in free]
    moving = np.full(len(atoms), chosen is None)
    moving[chosen or []] = True
    network = bond_network(atoms, parameters, reach)
    if not len(network.pairs):
        raise StructureError(
            f"{atoms.get_chemical_formula()}: no cation within {reach:g} bond lengths of an anion"
        )
    energy = KeatingEnergy.of(len(atoms), network)
    positions, record = _minimised(energy, atoms.positions, moving, fmax, steps)
    new = atoms.copy()
    new.positions = positions
    _report(new, energy, record)
    count = None if chosen is None else int(moving.sum())
    provenance.add_step(new, "relax_valence_force_field", fmax=float(fmax), free_atoms=count)
    return new


def valence_force_field(
    atoms: Atoms,
    parameters: Mapping[str, Mapping[str, float]] | None = None,
    reach: float = REACH,
) -> KeatingEnergy:
    """Return the Keating energy of a structure as a function of positions.

    Parameters
    ----------
    atoms, parameters, reach
        As for :func:`relax_valence_force_field`.

    Returns
    -------
    KeatingEnergy
        Called with positions (N, 3) in Å it returns the energy (eV) and its gradient (eV/Å).
    """
    require_atoms(atoms)
    return KeatingEnergy.of(len(atoms), bond_network(atoms, parameters, reach))


def _check(fmax: float, steps: int, reach: float) -> None:
    for name, value, low, high in (("fmax", fmax, 1e-8, 10.0), ("reach", reach, 1.0, 1.8)):
        between(value, name, low, high, error=StructureError)
    whole(steps, "steps", 1, error=StructureError)


def _minimised(
    energy: KeatingEnergy, start: np.ndarray, moving: np.ndarray, fmax: float, steps: int
) -> tuple[np.ndarray, dict[str, Any]]:
    """Positions (N, 3) of least energy, Å, and how they were reached."""
    from scipy.optimize import minimize

    positions = start.copy()
    part = energy if moving.all() else energy.around(moving)

    def value(x: np.ndarray) -> tuple[float, np.ndarray]:
        positions[moving] = x.reshape(-1, 3)
        total, gradient = part(positions)
        return total, gradient[moving].ravel()

    options = {"gtol": fmax / math.sqrt(3), "ftol": 0.0, "maxiter": int(steps), "maxcor": 12}
    options["maxfun"] = 2 * int(steps) + 20
    result = minimize(value, start[moving].ravel(), jac=True, method="L-BFGS-B", options=options)
    positions[moving] = result.x.reshape(-1, 3)
    gradient = energy(positions)[1][moving]
    force = float(np.linalg.norm(gradient, axis=1).max(initial=0.0))
    if force > fmax:
        raise ConvergenceError(
            f"valence force field: largest force {force:.2g} eV/Å after {result.nit} steps, "
            f"expected {fmax:g}: give more steps, or a larger fmax"
        )
    return positions, {"fmax": force, "iterations": int(result.nit)}


def _report(new: Atoms, energy: KeatingEnergy, record: dict[str, Any]) -> None:
    """Set arrays, record and note of a relaxed structure in place."""
    network = energy.network
    vectors = network.vectors(new.positions)
    lengths = np.linalg.norm(vectors, axis=1)
    strain = lengths / network.field("length") - 1
    of_atoms = energy.of_atoms(new.positions)
    counts = np.bincount(network.pairs.ravel(), minlength=len(new))
    summed = np.bincount(network.pairs.ravel(), np.repeat(strain, 2), minlength=len(new))
    new.set_array("bond_strain", summed / np.maximum(counts, 1))
    new.set_array("strain_energy", of_atoms)
    total = float(of_atoms.sum())
    kinds = bond_table(network, lengths)
    provenance.update(new, **{RECORD: {"energy": total, **record, "bonds": kinds}})
    parts = ", ".join(f"{n} {100 * k['strain']:+.1f} %" for n, k in kinds.items())
    text = f"{NOTE} strain energy {total:.4g} eV, mean strain of the bonds {parts}"
    if guesses := estimated_bonds(network):
        text += f"; constants of {', '.join(guesses)} estimated"
    others = [note for note in provenance.notes(new) if not note.startswith(NOTE)]
    provenance.update(new, notes=[*others, text])


def bond_table(network: BondNetwork, lengths: np.ndarray) -> dict[str, dict[str, Any]]:
    """Return for each kind of bond its number, lengths (Å), strain and source.

    Parameters
    ----------
    network : BondNetwork
    lengths : (M,) float array
        Å.
    """
    table = {}
    for k, (name, bond) in enumerate(zip(network.names, network.bonds, strict=True)):
        mine = lengths[network.kind == k]
        if not len(mine):
            continue
        table[name] = {
            "count": len(mine),
            "mean": float(mine.mean()),
            "min": float(mine.min()),
            "max": float(mine.max()),
            "equilibrium": float(bond.length),
            "strain": float(mine.mean() / bond.length - 1),
            "source": bond.source,
        }
    return table
