"""Structures as OPTIMADE's ``structures`` entries, version 1.2.

Names, units and rules are those of the specification (C. W. Andersen et al., Sci. Data 8, 217
(2021), doi:10.1038/s41597-021-00974-z; https://specification.optimade.org/v1.2.0). What it has no
field for stands in fields that begin with ``_heterodot_``, as it asks of a database's own.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ase import Atoms
from ase.data import atomic_masses

from heterodot import provenance
from heterodot.errors import InputError

API_VERSION = "1.2.0"

PREFIX = "_heterodot_"
"""Begins the fields that are not OPTIMADE's."""


def to_optimade(atoms: Atoms, entry: str, **own: Any) -> dict[str, Any]:
    """Return a structure as an OPTIMADE entry of type ``structures``.

    Parameters
    ----------
    atoms : Atoms
        Å; lattice vectors along which it does not repeat are null unless it has them.
    entry : str
        Its ``id``.
    **own
        Further attributes, written as ``_heterodot_NAME`` (``energy`` in eV, …).

    Returns
    -------
    dict
        Plain JSON.

    Raises
    ------
    InputError
        No atoms.
    """
    if not len(atoms):
        raise InputError("OPTIMADE: a structure without atoms")
    counts = Counter(atoms.get_chemical_symbols())
    elements = sorted(counts)
    periodic = [int(p) for p in atoms.pbc]
    charge, unpaired = provenance.total_charge(atoms), provenance.unpaired_electrons(atoms)
    told: dict[str, Any] = {"charge": charge, **own}
    if unpaired is not None:
        told.setdefault("unpaired_electrons", unpaired)
    attributes = {
        "immutable_id": None,
        "last_modified": None,
        "elements": elements,
        "nelements": len(elements),
        "elements_ratios": [counts[e] / len(atoms) for e in elements],
        "chemical_formula_descriptive": atoms.get_chemical_formula(),
        "chemical_formula_reduced": _reduced(counts),
        "chemical_formula_hill": atoms.get_chemical_formula(mode="hill"),
        "chemical_formula_anonymous": _anonymous(counts),
        "dimension_types": periodic,
        "nperiodic_dimensions": sum(periodic),
        "lattice_vectors": _lattice(atoms),
        "cartesian_site_positions": atoms.positions.tolist(),
        "nsites": len(atoms),
        "species": [_species(atoms, element) for element in elements],
        "species_at_sites": atoms.get_chemical_symbols(),
        "assemblies": None,
        "structure_features": [],
        **{f"{PREFIX}{name}": value for name, value in told.items()},
    }
    return {"type": "structures", "id": entry, "attributes": attributes}


def optimade_response(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return entries as the JSON document a ``/structures`` query answers with."""
    return {
        "data": list(entries),
        "meta": {
            "query": {"representation": "/structures"},
            "api_version": API_VERSION,
            "more_data_available": False,
            "data_returned": len(entries),
        },
    }


def _lattice(atoms: Atoms) -> list[list[float | None]]:
    """Cell vectors, Å; a missing one as the specification wants it: three nulls."""
    return [list(row) if any(row) else [None] * 3 for row in atoms.cell.array.tolist()]


def _species(atoms: Atoms, element: str) -> dict[str, Any]:
    number = int(atoms.numbers[atoms.get_chemical_symbols().index(element)])
    return {
        "name": element,
        "chemical_symbols": [element],
        "concentration": [1.0],
        "mass": [float(atomic_masses[number])],
    }


def _reduced(counts: Mapping[str, int]) -> str:
    """Elements in alphabetical order, counts without a common divisor."""
    divisor = math.gcd(*counts.values())
    return "".join(f"{e}{_count(counts[e] // divisor)}" for e in sorted(counts))


def _anonymous(counts: Mapping[str, int]) -> str:
    """Return the counts without a common divisor, falling, behind A, B, …, Z, Aa, Ba, …."""
    divisor = math.gcd(*counts.values())
    numbers = sorted((n // divisor for n in counts.values()), reverse=True)
    return "".join(f"{name}{_count(n)}" for name, n in zip(_letters(), numbers, strict=False))


def _letters() -> Iterator[str]:
    """Yield A … Z, Aa, Ba, …, Za, Ab, …."""
    capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    yield from capitals
    for size in itertools.count(1):
        for small in itertools.product(capitals.lower(), repeat=size):
            yield from (capital + "".join(small) for capital in capitals)


def _count(number: int) -> str:
    return "" if number == 1 else str(number)
