"""All inequivalent ways to make some defects in a structure, or to fill one of its sublattices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from ase import Atoms

from heterodot.checks import is_whole
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.options import chosen, keywords_shown, shared_out
from heterodot.structures.crystals.crystal import charged_host
from heterodot.structures.enumeration.colouring import read_colouring
from heterodot.structures.enumeration.configurations import Configurations, Host
from heterodot.structures.enumeration.counting import (
    checked_count,
)
from heterodot.structures.enumeration.enumeration_options import (
    Conditions,
    DrawOptions,
    EnumerationKeywords,
    Equivalence,
    enumeration_defaults,
)
from heterodot.structures.enumeration.filters import Distances, PairFilter
from heterodot.structures.enumeration.groups import atom_labels, site_permutations
from heterodot.structures.enumeration.request import Compound, Request, is_colouring, read_defects
from heterodot.structures.enumeration.sampling import UNIFORM
from heterodot.structures.enumeration.supercells import repeat_crystal
from heterodot.structures.enumeration.task import EnumerationTask

CALLED = "enumerate_configurations"


@renamed(structure="atoms")
@keywords_shown(EnumerationKeywords, enumeration_defaults())
def enumerate_configurations(
    atoms: str | Path | Atoms | Any,
    request: Request,
    *,
    sublattice: str | None = None,
    supercell: int | Sequence[int] | Sequence[Sequence[int]] | None = None,
    sites: Sequence[int] | None = None,
    formal_charges: Mapping[str, float] | None = None,
    conditions: Conditions | None = None,
    drawing: DrawOptions | None = None,
    equivalence: Equivalence | None = None,
    **keywords: Unpack[EnumerationKeywords],
) -> Configurations:
    """Find every symmetry-distinct configuration, or a random sample of them.

    They are counted first, exactly (:func:`count_configurations`). Up to ``limit`` they are
    generated, each once; beyond it, ``sample`` draws some at random.

    Parameters
    ----------
    atoms : Atoms, or a crystal as for :func:`heterodot.structures.crystal`
        Dot, molecule, slab or crystal, taken as it is; not changed. Dots have their point group,
        anything periodic the space group of its cell with the translations within it.
    request : str, sequence or mapping
        Defects: ``"V_Cu'"``, ``["V_Cu'", "In_Cu••", "Zn_Cu"]``, ``{"V_Cu": 4}``, or with a least
        and a most number ``{"V_Cu": [0, 4], "In_Cu": [0, 2]}``; without charge marks those of the
        common ions. Or, with ``sublattice``, its composition: ``{"Cu": 3, "In": 5, "vacancy": 2}``
        (numbers that add up to the sites, or fractions that are rounded to such), or "8/12" as
        for :func:`heterodot.structures.fill_cations`.
    sublattice : str, optional
        "cation", "anion" or an element: its sites are filled anew, whatever is on them now; the
        symmetry is that of the structure with all of them alike. A composition without it is of
        the cations.
    supercell : int, three int or (3, 3) int, optional
        Of a crystal, as repetitions or as rows of new cell vectors.
    sites : sequence of int, optional
        Only these atoms (of the supercell) change; the others count as of another kind, so that
        configurations are equivalent by the operations that keep the set.
    formal_charges : mapping of element to charge (e), optional
        Of the structure's elements and of those that come in. Otherwise the structure's own count,
        then those of the common ions; those of a crystal that has none are guessed where the
        common ones do not balance (a note says so).
    conditions : Conditions, optional
        What is kept: the ``charge`` of the compounds, ``min_distance``, ``max_distance`` and
        ``neighbours`` of the defects.
    drawing : DrawOptions, optional
        How many are given: at most ``limit``, or a ``sample`` by ``seed``, and what it is
        ``uniform`` over.
    equivalence : Equivalence, optional
        ``tolerance`` of the symmetry, and whether ``rotations_only`` make configurations one.
    **keywords
        The fields of these three one by one, which win over them.

    Returns
    -------
    Configurations
        A sequence of :class:`Configuration`; averages over all configurations weigh each by its
        ``multiplicity`` (unless the sample was uniform over configurations).

    Raises
    ------
    StructureError
        If the request cannot be read or has more defects than sites, nothing passes the filters,
        or there are more configurations than the limit; that message says how many.
    """
    kept, drawn, alike = shared_out(keywords, Conditions, DrawOptions, Equivalence)
    conditions = chosen(Conditions, conditions, kept, CALLED)
    drawing = chosen(DrawOptions, drawing, drawn, CALLED)
    equivalence = chosen(Equivalence, equivalence, alike, CALLED)
    atoms = _structure(atoms, supercell, formal_charges)
    filters = Distances(conditions.min_distance, conditions.max_distance, conditions.neighbours)
    _check(filters, drawing)
    filled = is_colouring(request) or sublattice is not None
    if not filled:
        active, compounds = read_defects(atoms, request, sites, formal_charges)
        labels = None
    else:
        active, compounds = read_colouring(
            atoms, request, sublattice or "cation", sites, formal_charges
        )
        labels = _sublattice_labels(atoms, active)
        if filters:
            raise StructureError(
                "distances between the sites of a composition: expected defects, such as V_Cu'"
            )
    compounds = _of_charge(compounds, conditions.charge)
    group = site_permutations(
        atoms,
        active.tolist(),
        tolerance=equivalence.tolerance,
        labels=labels,
        rotations_only=equivalence.rotations_only,
    )
    pairs = PairFilter(atoms, active, group, filters) if filters else None
    host = Host(atoms, active, len(group), equivalence.rotations_only, formal_charges)
    task = EnumerationTask(host, group, compounds, pairs)
    return task.run(drawing.limit, drawing.sample, drawing.seed, drawing.uniform)


def _structure(source: Any, supercell: Any, given: Mapping[str, float] | None) -> Atoms:
    """Return the structure, repeated if that is asked for."""
    atoms = charged_host(source, given)
    if len(atoms) == 0:
        raise StructureError("the structure has no atoms: nothing to enumerate")
    return atoms if supercell is None else repeat_crystal(atoms, supercell)


def _check(filters: Distances, drawing: DrawOptions) -> None:
    filters.check()
    checked_count(drawing.limit, "limit")
    checked_count(drawing.seed, "seed")
    if drawing.sample is not None and checked_count(drawing.sample, "sample") == 0:
        raise StructureError("sample 0: expected a number of 1 or more")
    if drawing.uniform not in UNIFORM:
        raise StructureError(f"uniform {drawing.uniform!r}: expected one of {', '.join(UNIFORM)}")


def _sublattice_labels(atoms: Atoms, active: np.ndarray) -> list[object]:
    """Return the kinds of the atoms with all sites of the sublattice alike."""
    labels = atom_labels(atoms)
    for i in active.tolist():
        labels[i] = "site"
    return labels


def _of_charge(compounds: Sequence[Compound], charge: int | None) -> list[Compound]:
    """Keep the compounds of a charge."""
    if charge is None:
        return list(compounds)
    if not is_whole(charge):
        raise StructureError(f"charge {charge!r}: expected a whole number of e")
    kept = [c for c in compounds if c.charge == charge]
    if not kept:
        found = ", ".join(f"{q:+d}" for q in sorted({c.charge for c in compounds}))
        raise StructureError(f"charge {charge:+d}: no such compound; those asked for have {found}")
    return kept
