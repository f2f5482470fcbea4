"""Special quasi-random structures: small cells whose neighbours are as in a random alloy."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols

from heterodot import provenance
from heterodot.checks import is_number
from heterodot.errors import MissingDependencyError, StructureError
from heterodot.structures.alloys.pair_shells import PairShells, pair_shells
from heterodot.structures.alloys.warren_cowley import ShortRangeOrder, order_of
from heterodot.structures.crystals.crystal import charged_host
from heterodot.structures.dots.composition import note_formal_charge, occupy
from heterodot.structures.dots.composition_counts import (
    VACANCY,
    composition_counts,
    composition_record,
)
from heterodot.structures.enumeration.colouring import sublattice_sites
from heterodot.structures.enumeration.counting import checked_count
from heterodot.structures.enumeration.supercells import repeat_crystal

MAX_COMPARED = 200
"""Results of sqsgenerator that are measured again."""

MAX_ITERATIONS = 10_000_000_000


def quasirandom(
    crystal: str | Path | Atoms | Any,
    supercell: int | Sequence[int] | Sequence[Sequence[int]],
    composition: str | Mapping[str, float],
    *,
    sublattice: str = "cation",
    shells: int | Sequence[float] = 2,
    weights: Sequence[float] | None = None,
    iterations: int = 100_000,
    seed: int = 0,
    formal_charges: Mapping[str, float] | None = None,
) -> Atoms:
    """Fill a sublattice of a supercell with a special quasi-random structure (sqsgenerator).

    Of many random arrangements sqsgenerator keeps those whose Warren–Cowley parameters α of unlike
    species are nearest to zero (A. Zunger et al., Phys. Rev. Lett. 1990, 65, 353,
    doi:10.1103/PhysRevLett.65.353; D. Gehringer, M. Friák and D. Holec, Comput. Phys. Commun.
    2023, 286, 108664, doi:10.1016/j.cpc.2023.108664). Of its best the one is taken whose sum over
    shells of weight · ``|α|`` is lowest by :func:`warren_cowley`, which in a cell so small that two
    sites are neighbours by several images counts all of them, where sqsgenerator counts one.

    Parameters
    ----------
    crystal : str, Path, Atoms or pymatgen Structure
        As for :func:`heterodot.structures.crystal`; its cell is kept as given.
    supercell : int, three int or (3, 3) int
        Repetitions, or rows of new cell vectors.
    composition : mapping or str
        Of the sublattice, in elements and "vacancy": whole numbers that add up to its sites, or
        fractions that are rounded to such; or "x/12" as for
        :func:`heterodot.structures.fill_cations`.
    sublattice : str
        "cation", "anion", or the element now on the sites.
    shells : int or sequence of float
        Number of shells, or their outer radii, Å.
    weights : sequence of float, optional
        Of the shells; by default 1, 1/2, 1/3, …
    iterations : int
        Arrangements to try.
    seed : int
        Of the random numbers.
    formal_charges : mapping of element to charge (e), optional
        As for :func:`heterodot.structures.enumerate_configurations`.

    Returns
    -------
    Atoms
        ``info["heterodot"]["short_range_order"]`` has the parameters reached, as measured by
        :func:`warren_cowley`, vacant sites counted as a species.

    Raises
    ------
    MissingDependencyError
        sqsgenerator is not installed.
    StructureError
        The supercell, the composition, the sublattice or the shells cannot be used.
    """
    unit = charged_host(crystal, formal_charges)
    cell = repeat_crystal(unit, supercell)
    sites = sublattice_sites(cell, sublattice)
    counts, wanted = composition_counts(composition, len(sites))
    counts = {name: k for name, k in counts.items() if k}
    pairs = pair_shells(cell[sites], shells)
    shares = _weights(weights, len(pairs))
    if not 1 <= checked_count(iterations, "iterations") <= MAX_ITERATIONS:
        raise StructureError(f"iterations {iterations}: expected 1 to {MAX_ITERATIONS}")
    checked_count(seed, "seed")
    if len(counts) > 1:
        names = _search(cell[sites], counts, pairs, shares, iterations, seed)
    else:
        names = np.repeat(list(counts), list(counts.values()))
    new = occupy(cell, sites, names, formal_charges)
    reached = order_of(pairs, names)
    provenance.add_step(
        new, "quasirandom", composition=composition_record(composition),
        counts=counts, sublattice=sublattice, shells=pairs.bounds.round(6).tolist(),
        weights=shares, iterations=iterations, seed=seed,
    )  # fmt: skip
    provenance.update(new, short_range_order=reached.to_dict())
    provenance.add_note(new, _note(counts, wanted, len(sites), reached))
    note_formal_charge(new)
    return new


def _weights(weights: Sequence[float] | None, n_shells: int) -> list[float]:
    """Return the weight of each shell."""
    if weights is None:
        return [1.0 / n for n in range(1, n_shells + 1)]
    numbers = [float(w) for w in weights if is_number(w)]
    good = len(numbers) == len(weights) == n_shells and np.isfinite(numbers).all()
    if not good or min(numbers) < 0 or max(numbers) == 0:
        raise StructureError(
            f"weights {list(weights)!r}: expected {n_shells} numbers of 0 or more, one per shell"
        )
    return numbers


def _search(
    sublattice: Atoms,
    counts: Mapping[str, int],
    pairs: PairShells,
    weights: Sequence[float],
    iterations: int,
    seed: int,
) -> np.ndarray:
    """Return the species (n,) on the sites of a sublattice that sqsgenerator finds best."""
    sqs = _sqsgenerator()
    standing_in = _elements(counts)
    config = {
        "structure": {
            "lattice": sublattice.cell.array.tolist(),
            "coords": sublattice.get_scaled_positions().tolist(),
            "species": [next(iter(standing_in.values()))] * len(sublattice),
        },
        "composition": {standing_in[name]: int(k) for name, k in counts.items()},
        "sublattice_mode": "interact",
        "iteration_mode": "random",
        "iterations": int(iterations),
        "max_results_per_objective": 20,
        "shell_radii": [0.0, *pairs.bounds.tolist()],
        "shell_weights": {n: w for n, w in enumerate(weights, start=1) if w > 0},
        "prec": "double",
        "seed": int(seed),
        "thread_config": 1,
    }
    parsed = sqs.parse_config(config)
    if hasattr(parsed, "msg"):
        raise StructureError(f"sqsgenerator refuses this cell: {' '.join(str(parsed.msg).split())}")
    name_of = {atomic_numbers[element]: name for name, element in standing_in.items()}
    pack = sqs.optimize(parsed)  # kept: what it holds goes with it, even while iterated over
    found = sorted(
        (result.objective, tuple(name_of[z] for z in result.structure().species))
        for place in range(len(pack))
        for result in pack[place][1]
    )  # sorted: the order of equals is left to chance
    best = min(found[:MAX_COMPARED], key=lambda one: _misfit(pairs, np.array(one[1]), weights))
    return np.array(best[1])


def _misfit(pairs: PairShells, names: np.ndarray, weights: Sequence[float]) -> float:
    """Return Σ weight · |α| over the shells and the pairs of unlike species."""
    alpha = np.nan_to_num(order_of(pairs, names).alpha)
    unlike = ~np.eye(alpha.shape[1], dtype=bool)
    return round(float(np.abs(alpha[:, unlike]).sum(axis=1) @ np.array(weights)), 9)


def _elements(counts: Mapping[str, int]) -> dict[str, str]:
    """Return an element for each species, one that is not there standing in for vacancies."""
    free = next(s for s in reversed(chemical_symbols[1:90]) if s not in counts)
    return {name: free if name == VACANCY else name for name in counts}


def _sqsgenerator() -> Any:
    try:
        sqsgenerator = importlib.import_module("sqsgenerator")
    except ImportError as error:
        raise MissingDependencyError(
            "quasirandom needs sqsgenerator: pip install 'heterodot[alloys]'; "
            "anneal_short_range_order with targets of 0 does without"
        ) from error
    return sqsgenerator


def _note(
    counts: Mapping[str, int],
    wanted: Mapping[str, Any],
    n_sites: int,
    reached: ShortRangeOrder,
) -> str:
    """Return what was made, for people."""
    parts = [
        f"{name} {k}" if wanted[name] == k else f"{name} {k} ({float(wanted[name]):.2f})"
        for name, k in counts.items()
    ]
    off = ~np.eye(len(reached.species), dtype=bool)
    worst = [float(np.nanmax(np.abs(table[off]), initial=0.0)) for table in reached.alpha]
    text = ", ".join(f"{w:.4f} in shell {n}" for n, w in enumerate(worst, start=1))
    return f"{n_sites} sites: {', '.join(parts)}; largest |α| of unlike species {text}"
