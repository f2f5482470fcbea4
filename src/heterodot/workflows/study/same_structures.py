"""Systems of a study that are one structure to a level without electrons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.workflows.study.cases import System

SAME_TO_A_POTENTIAL = "same-to-a-potential"
"""Name of the flag on a system that differs from another in charge or magnetic moments only."""

_DECIMALS = 4
"""Of places, Å, that are compared. Chosen: what is built of the same steps agrees to rounding."""


def twins(systems: Mapping[str, System]) -> dict[str, list[System]]:
    """Return, by name, the other systems with the same atoms in the same places, where any are."""
    groups: dict[tuple[bytes, ...], list[System]] = {}
    for system in systems.values():
        groups.setdefault(_atoms_and_places(system.atoms), []).append(system)
    return {
        one.name: [other for other in group if other is not one]
        for group in groups.values()
        if len(group) > 1
        for one in group
    }


def as_seen_by(level: Level, system: System, alike: Sequence[System]) -> Atoms:
    """Return the structure a question is asked of at a level.

    The system's own; with the flag ``same-to-a-potential`` where the level knows no electrons and
    another system of the study differs from it in charge or magnetic moments only, so that both
    get the same answer; or the same geometry, where only the level that gives it knows none.

    Parameters
    ----------
    level : Level
    system : System
    alike : sequence of System
        Others with the same atoms in the same places (:func:`twins`).
    """
    own = _electrons(system.atoms)
    others = [
        f"{other.name} ({_electrons(other.atoms)})"
        for other in alike
        if _electrons(other.atoms) != own
    ]
    if not others or level.geometry_level.knows_electrons:
        return system.atoms
    flagged: Atoms = system.atoms.copy()
    shared = "one geometry for both" if level.knows_electrons else "one structure, one answer"
    message = (
        f"{own}, all that tells {system.name} from {', '.join(others)}, is nothing to "
        f"{level.geometry_level.label}: {shared}"
    )
    provenance.add_flag(flagged, SAME_TO_A_POTENTIAL, message)
    return flagged


def _atoms_and_places(atoms: Atoms) -> tuple[bytes, ...]:
    """Return what is equal for two structures with the same atoms in the same places."""
    places = (np.round(each, _DECIMALS) + 0.0 for each in (atoms.positions, atoms.cell.array))
    return atoms.numbers.tobytes(), atoms.pbc.tobytes(), *(each.tobytes() for each in places)


def _electrons(atoms: Atoms) -> str:
    """Say what of a structure only electrons make: its charge and its moments."""
    moments = provenance.magnetic_moments(atoms)
    where = [f"{atoms.symbols[i]}{i} {moments[i]:+.2g}" for i in np.flatnonzero(moments)[:3]]
    more = ", …" if np.count_nonzero(moments) > 3 else ""
    said = f"moments {', '.join(where)}{more} μ_B" if where else "no moments"
    return f"charge {provenance.total_charge(atoms):+g} e, {said}"
