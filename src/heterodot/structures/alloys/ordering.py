"""Dots and crystals with the short-range order that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.structures.alloys.annealing import Replicas, Targets, anneal
from heterodot.structures.alloys.pair_shells import PairShells, pair_shells
from heterodot.structures.alloys.warren_cowley import ShortRangeOrder, order_of
from heterodot.structures.crystals.crystal import charged_host
from heterodot.structures.dots.composition import note_formal_charge, occupy
from heterodot.structures.dots.composition_counts import composition_counts, composition_record
from heterodot.structures.enumeration.colouring import sublattice_sites
from heterodot.structures.enumeration.counting import checked_count
from heterodot.structures.requirements import require_atoms

MAX_REPLICAS = 64

MAX_TABLE = 200_000_000
"""Largest table of neighbours (replicas × sites × shells × species): 1.6 GB."""


def anneal_short_range_order(
    atoms: Atoms,
    targets: Mapping[str, float | Sequence[float | None]],
    *,
    composition: str | Mapping[str, float] | None = None,
    shells: int | Sequence[float] | None = None,
    sublattice: str = "cation",
    swaps: int | None = None,
    seed: int = 0,
    formal_charges: Mapping[str, float] | None = None,
) -> Atoms:
    """Arrange the species of a sublattice so that neighbours have a wanted short-range order.

    Simulated annealing by exchanges of two species from random starts; the composition stays
    exactly as it is. What is reached is in a note and in the record: few sites allow only some
    values, and targets may contradict each other.

    Parameters
    ----------
    atoms : Atoms
        A dot, a slab or a crystal; not changed. Its own arrangement is forgotten.
    targets : mapping
        Warren–Cowley parameters (:func:`warren_cowley`) by pair of species, for example
        ``{"Cu-In": -0.2}`` for the first shell or ``{"Cu-In": [-0.2, 0.1], "Zn-Zn": [None, 0]}``
        by shell, None leaving one free. Negative: attraction. Pairs not named are free.
    composition : str or mapping, optional
        As for :func:`heterodot.structures.fill_cations` ("8/12", or elements and "vacancy");
        by default what is there.
    shells : int or sequence of float, optional
        Number of shells, or their outer radii, Å; by default as many as the targets name.
    sublattice : str
        "cation", "anion", or an element.
    swaps : int, optional
        Exchanges to try; by default 5000 per replica, or four per site where that is more.
    seed : int
        Of the random numbers.
    formal_charges : mapping of element to charge (e), optional
        As for :func:`heterodot.structures.enumerate_configurations`.

    Returns
    -------
    Atoms
        ``info["heterodot"]["short_range_order"]`` has targets, parameters reached by pair and
        shell, and the misfit Σ (α − target)²; vacant sites count as a species in it.

    Raises
    ------
    StructureError
        If a target is no number of at most 1, names species that are not there, or the structure
        carries defects or adsorbates that refer to its atoms.
    """
    require_atoms(atoms)
    if not isinstance(targets, Mapping) or not any(
        value is not None for listed in targets.values() for value in _by_shell(listed)
    ):
        raise StructureError("no targets: expected some, for example {'Cu-In': -0.2}")
    atoms = charged_host(atoms, formal_charges)
    sites, names = _species(atoms, composition, sublattice)
    if len(set(names.tolist())) < 2:
        raise StructureError(f"sublattice {sublattice!r}: all {names[0]}; expected two species")
    depth = max((len(_by_shell(v)) for v in targets.values()), default=1)
    pairs = pair_shells(atoms[sites], depth if shells is None else shells)
    kinds, index = np.unique(names, return_inverse=True)
    wanted = _targets(targets, kinds.tolist(), len(pairs))
    rng = np.random.default_rng(checked_count(seed, "seed"))
    best, misfit = _annealed(pairs, index, len(kinds), wanted, swaps, rng)
    new = occupy(atoms, sites, kinds[best], formal_charges)
    reached = order_of(pairs, kinds[best])
    provenance.add_step(
        new, "anneal_short_range_order", targets=_plain(targets), sublattice=sublattice,
        composition=None if composition is None else composition_record(composition),
        shells=pairs.bounds.round(6).tolist(), swaps=swaps, seed=int(seed),
    )  # fmt: skip
    record = {**reached.to_dict(), "targets": _plain(targets), "misfit": float(misfit)}
    provenance.update(new, short_range_order=record)
    provenance.add_note(new, "short-range order: " + _met(targets, reached))
    note_formal_charge(new)
    return new


def _species(
    atoms: Atoms, composition: str | Mapping[str, float] | None, sublattice: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sites and the species to distribute on them, refusing records that would lie."""
    record = provenance.details(atoms)
    if record.get("adsorbate") or any("index" in d for d in record.get("defects", [])):
        raise StructureError(
            "the structure carries an adsorbate or substituted atoms that are recorded by index: "
            "arrange the sublattice before adding them"
        )
    sites = sublattice_sites(atoms, sublattice)
    if composition is None:
        return sites, np.array(atoms.get_chemical_symbols())[sites]
    counts, _ = composition_counts(composition, len(sites))
    return sites, np.repeat(list(counts), list(counts.values()))


def _by_shell(value: Any) -> list[Any]:
    """Return the targets of a pair as a list."""
    listed = isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)
    return list(value) if listed else [value]


def _plain(targets: Mapping[str, Any]) -> dict[str, Any]:
    """Return the targets as JSON values."""
    return {
        name: [None if v is None else float(v) for v in _by_shell(value)]
        for name, value in targets.items()
    }


def _targets(targets: Mapping[str, Any], kinds: Sequence[str], n_shells: int) -> Targets:
    """Return the wanted parameters and weights as tables."""
    entries = []
    for name, value in targets.items():
        pair = [part.strip() for part in str(name).split("-")]
        if len(pair) != 2 or not set(pair) <= set(kinds):
            raise StructureError(
                f"target {name!r}: expected a pair of {', '.join(kinds)}, such as "
                f"{kinds[0]}-{kinds[-1]}"
            )
        values = _by_shell(value)
        if len(values) > n_shells:
            raise StructureError(f"target {name}: {len(values)} values for {n_shells} shells")
        i, j = kinds.index(pair[0]), kinds.index(pair[1])
        for shell, wanted in enumerate(values):
            if wanted is not None:
                entries.append((shell, i, j, _checked(name, wanted)))
    shells, first, second, alpha = (np.array(c) for c in zip(*entries, strict=True))
    return Targets(shells, first, second, alpha)


def _checked(name: str, value: Any) -> float:
    if not is_number(value) or value > 1:
        raise StructureError(
            f"target {name}: {value!r}; expected a Warren–Cowley parameter, a number of at most 1"
        )
    return float(value)


def _annealed(
    pairs: PairShells,
    index: np.ndarray,
    number: int,
    targets: Targets,
    swaps: int | None,
    rng: np.random.Generator,
) -> tuple[np.ndarray, float]:
    """Return the best arrangement and its misfit."""
    n = len(index)
    n_replicas = int(np.clip(20_000 // n, 4, MAX_REPLICAS))
    if n_replicas * n * len(pairs) * number > MAX_TABLE:
        raise StructureError(
            f"{n} sites, {len(pairs)} shells, {number} species: more than {MAX_TABLE} numbers of "
            "neighbours to keep; expected a smaller structure"
        )
    n_steps = max(5000, 4 * n)
    if swaps is not None:
        n_steps = -(-checked_count(swaps, "swaps") // n_replicas)
    starts = rng.permuted(np.repeat(np.arange(n)[None], n_replicas, axis=0), axis=1)
    best, misfit, _ = anneal(Replicas(pairs, starts, np.sort(index), targets), n_steps, rng)
    return best, misfit


def _met(targets: Mapping[str, Any], reached: ShortRangeOrder) -> str:
    """Return what was reached and what was wanted, for people."""
    parts = []
    for name, value in targets.items():
        first, second = (part.strip() for part in name.split("-"))
        for shell, wanted in enumerate(_by_shell(value), start=1):
            if wanted is not None:
                found = reached.of(first, second, shell)
                parts.append(f"{name} in shell {shell} {found:+.4f} (target {wanted:+g})")
    return ", ".join(parts) or "no targets"
