"""A spin nobody chose: where a closed shell is no more than a habit, and what the triplet says.

An even number of electrons is run as a singlet unless level or structure say otherwise. That
matters where the frontier levels share their electrons, for molecules whose ground state is known
to be a triplet, and for crystals and surfaces of the magnetic metals. It costs nothing elsewhere.
"""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.data.electronic_structure import ElectronicStructure

SHARED = 0.1
"""Electrons above the levels that pairs would fill: by the Fermi function
(benchmarks/thresholds.py) a gap below 0.15 eV at 300 K. Chosen; it decides where a triplet is tried
or a flag set."""

TRIPLETS = frozenset({"O2", "S2", "OS", "B2", "HN", "HP", "CH2", "C", "O", "S", "Si", "Ge", "Se"})
"""Formulas (Hill) of molecules and atoms with a triplet ground state: the diatomics after K. P.
Huber and G. Herzberg, Constants of Diatomic Molecules (1979), CH2 after P. Jensen and P. R. Bunker,
J. Chem. Phys. 89, 1327 (1988), atoms by Hund's rules."""

MAGNETIC = frozenset({"Cr", "Mn", "Fe", "Co", "Ni"})
"""Elements whose crystals and surfaces are seldom without moments. The 3d ferro- and
antiferromagnets among the elements (C. Kittel, Introduction to Solid State Physics, ch. 12, tables
of Curie and Néel temperatures); decides the flag spin-not-chosen."""

ADVICE = "set multiplicity on the level or initial magnetic moments on the structure"
"""What to do about it."""


def unchosen(atoms: Atoms, level: Level) -> bool:
    """Whether a singlet is run that neither the level nor the structure asked for."""
    if not level.capabilities.spin or level.settings.get("multiplicity", "auto") != "auto":
        return False
    return level.check(atoms).n_unpaired == 0 and not provenance.has_moments(atoms)


def known_open_shell(atoms: Atoms) -> str:
    """Say why a structure is hardly a singlet, by what it is made of; empty where it may be one."""
    if not atoms.pbc.any():
        formula = atoms.get_chemical_formula()
        return f"the ground state of {formula} is a triplet" if formula in TRIPLETS else ""
    metals = sorted(MAGNETIC & set(atoms.get_chemical_symbols()))
    return f"{', '.join(metals)} is mostly magnetic" if metals else ""


def shared_electrons(occupations: np.ndarray) -> float:
    """Return the electrons above the levels that pairs would fill.

    Parameters
    ----------
    occupations : (spins, bands) array
        Of one k-point, bands in ascending order; up to 2 of one spin channel, up to 1 of two.
    """
    pairs = round(float(occupations.sum()) / 2)
    return float(occupations[:, pairs:].sum())


def why_open(atoms: Atoms, shared: float | None) -> str:
    """Say why a structure may be open-shell: what it is made of, or the electrons it shares."""
    known = known_open_shell(atoms)
    if known or shared is None or atoms.pbc.any() or shared < SHARED:
        return known
    return f"{shared:.2f} of its electrons share levels of nearly one energy"


def doubt_of_states(states: ElectronicStructure, atoms: Atoms) -> str:
    """Say why the spin of states is in doubt; empty where it is not, or somebody chose it.

    What their own calculation found goes first (``triplet.doubt``).
    """
    level = states.level
    if "spin_doubt" in level:
        return str(level["spin_doubt"])
    chosen = level.get("overrides", {}).get("multiplicity", "auto") != "auto"
    if chosen or round(states.n_electrons) % 2 or provenance.has_moments(atoms):
        return ""
    if states.n_spins > 1:
        per_spin = (states.k_weights[None, :, None] * states.occupations).sum(axis=(1, 2))
        if abs(per_spin[0] - per_spin[1]) > SHARED:
            return ""
    why = why_open(atoms, shared_electrons(states.occupations[:, 0]))
    return f"nobody chose the spin; a singlet was run, but {why}: {ADVICE}" if why else ""
