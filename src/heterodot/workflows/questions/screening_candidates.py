"""The candidates of a screening: defects in all distinct places, adsorbates in all orientations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ase import Atoms

from heterodot.errors import InputError, StructureError
from heterodot.structures import enumerate_configurations, molecule, select_sites
from heterodot.structures.dots.adsorbates import starting_geometries
from heterodot.workflows.parts.gates import adsorbate_record


class Wanted(Protocol):
    """What a screening asks for; see :class:`heterodot.workflows.Screening`."""

    @property
    def atoms(self) -> Atoms:
        """The structure."""

    @property
    def defects(self) -> str | list[str] | Mapping[str, int] | None:
        """To be put in all distinct places."""

    @property
    def adsorbate(self) -> str | None:
        """To be put on :attr:`sites`."""

    @property
    def sites(self) -> str | tuple[int, ...]:
        """Atoms, or an element."""

    @property
    def n_starts(self) -> int | None:
        """Orientations of each site at most."""

    @property
    def candidates(self) -> Mapping[str, Atoms] | None:
        """By label."""

    @property
    def limit(self) -> int:
        """Candidates at most."""

    @property
    def seed(self) -> int:
        """Of a draw."""


def candidates_of(screening: Wanted) -> tuple[dict[str, Atoms], tuple[str, ...]]:
    """Return the candidates by label, and the sites that have no room for the adsorbate.

    Raises
    ------
    InputError
        None, or two kinds at once.
    """
    given = [name for name in ("defects", "adsorbate", "candidates") if getattr(screening, name)]
    if len(given) != 1:
        expected = "only one of them" if given else "defects or adsorbate"
        raise InputError(f"given {' and '.join(given) or 'none'}, expected {expected}")
    crowded: tuple[str, ...] = ()
    if screening.candidates:
        found = {str(label): atoms.copy() for label, atoms in screening.candidates.items()}
    elif screening.defects:
        found = _defects(screening)
    else:
        found, crowded = _adsorbates(screening)
    if len(found) < 2:
        raise InputError(f"{len(found)} candidate: expected two or more to screen")
    if len(found) > screening.limit:
        raise InputError(f"{len(found)} candidates: expected at most limit = {screening.limit}")
    return found, crowded


def _defects(screening: Wanted) -> dict[str, Atoms]:
    assert screening.defects is not None  # noqa: S101 - for the type checker
    configurations = enumerate_configurations(
        screening.atoms, screening.defects, sample=screening.limit, seed=screening.seed
    )
    return {
        f"{n + 1} {configuration.label}": configuration.apply()
        for n, configuration in enumerate(configurations)
    }


def _adsorbates(screening: Wanted) -> tuple[dict[str, Atoms], tuple[str, ...]]:
    sites = screening.sites
    if isinstance(sites, str):
        sites = tuple(select_sites(screening.atoms, element=sites, distinct=True))
    if not sites:
        raise InputError("sites: given none, expected atoms or an element for the adsorbate")
    n = len(screening.atoms)
    wrong = [s for s in sites if isinstance(s, bool) or not 0 <= s < n]
    if wrong:
        raise InputError(f"sites {wrong}: expected atoms 0…{n - 1}, or an element")
    molecule(screening.adsorbate or "")  # an unknown name is told as such, not as want of room
    found: dict[str, Atoms] = {}
    crowded = []
    for site in sites:
        symbol = screening.atoms.symbols[site]
        try:
            starts = starting_geometries(
                screening.atoms, site, screening.adsorbate or "", screening.n_starts
            )
        except StructureError:
            if len(sites) == 1:
                raise
            crowded.append(f"{symbol}{site}")
            continue
        for number, start in enumerate(starts):
            way = adsorbate_record(start).get("orientation") or number
            label = f"{symbol}{site} {way}"
            found[label if label not in found else f"{label} turn {number}"] = start
    return found, tuple(crowded)
