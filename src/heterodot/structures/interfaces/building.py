"""Interfaces from crystals: the match, the slabs and how they are joined, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, Unpack, cast

from ase import Atoms

from heterodot.checks import is_whole
from heterodot.errors import StructureError
from heterodot.options import chosen, defaults_of, keywords_shown
from heterodot.structures.interfaces.joining import Interface, join
from heterodot.structures.interfaces.options import (
    SEARCHED,
    SIDES,
    InterfaceKeywords,
    JoinOptions,
    interface_defaults,
    side_keywords,
)
from heterodot.structures.interfaces.sides import SideOptions
from heterodot.structures.matching.match import Match
from heterodot.structures.matching.options import MatchOptions
from heterodot.structures.matching.search import match_lattices

P = ParamSpec("P")


@keywords_shown(InterfaceKeywords, interface_defaults())
def build_interface(
    film: str | Path | Atoms | Any = None,
    substrate: str | Path | Atoms | Any = None,
    *,
    matching: MatchOptions | Mapping[str, Any] | None = None,
    rank: int = 1,
    match: Match | None = None,
    film_side: SideOptions | None = None,
    substrate_side: SideOptions | None = None,
    joining: JoinOptions | None = None,
    **keywords: Unpack[InterfaceKeywords],
) -> Interface:
    """Put a film on a substrate, coherently, as a lattice match says.

    Both are turned by proper rotations only, so a chiral film keeps its hand; the film's normal
    (hkl) points up, and its lower face is at the interface.

    Parameters
    ----------
    film, substrate : str, Path, Atoms or pymatgen Structure
        Anything :func:`heterodot.structures.crystal` takes; not needed with ``match``.
    matching : MatchOptions or mapping, optional
        Planes and bounds of the search for a match (strained, film_setting, …).
    rank : int
        Which of the matches found to build: 1 is the best.
    match : Match, optional
        A match to build, instead of a search.
    film_side, substrate_side : SideOptions, optional
        Layers, faces, polarity and passivation of each side.
    joining : JoinOptions, optional
        Gap, shift and vacuum.
    **keywords
        Fields of these objects one by one, which win over the objects: ``film_miller``,
        ``substrate_miller``, ``relation``, ``max_area`` and ``max_strain`` of the search; those of
        a side as ``film_layers``, ``substrate_kind``, … and ``passivate_film``; those of
        ``joining`` by their names. Where a side has neither ``layers`` nor ``thickness``, it is
        10 Å thick.

    Returns
    -------
    Interface
        Where no unlike ions are bonded across it, it is ``unbonded``, and the structure's record
        says so under this name. Its ``atoms`` carry the arrays ``domain`` ("substrate", "film"),
        ``layer`` (counted through from below), ``role``, ``sublattice`` and ``formal_charge``, and
        the record ``interface``.

    Raises
    ------
    StructureError
        No match within the bounds, or something given is not possible; one line says what.
    """
    given = cast(dict[str, Any], keywords)
    for name in given.keys() - interface_defaults().keys():
        raise TypeError(f"build_interface() got an unexpected keyword argument {name!r}")
    if match is None:
        match = _matched(film, substrate, rank, matching, _of(given, SEARCHED))
    sides = [
        chosen(SideOptions, options, side_keywords(side, given), f"{side}_side")
        for side, options in zip(SIDES, (film_side, substrate_side), strict=True)
    ]
    joined = chosen(JoinOptions, joining, _of(given, defaults_of(JoinOptions)), "joining")
    return join(match, *sides, **vars(joined))


def _of(keywords: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: keywords[name] for name in names if name in keywords}


def _matched(
    film: Any,
    substrate: Any,
    rank: int,
    matching: MatchOptions | Mapping[str, Any] | None,
    keywords: dict[str, Any],
) -> Match:
    """Search for matches and return the one of a rank."""
    if film is None or substrate is None:
        raise StructureError("interface: expected a film and a substrate, or a match")
    if not is_whole(rank) or rank < 1:
        raise StructureError(f"rank {rank!r}: expected a whole number, 1 for the best match")
    options = matching if isinstance(matching, MatchOptions) else None
    further = matching or {}
    if options is None:
        if not isinstance(further, Mapping) or not all(isinstance(k, str) for k in further):
            raise StructureError(
                f"matching {further!r}: expected options of match_lattices by name"
            )
        keywords = {**keywords, **further}
    try:
        found = match_lattices(film, substrate, options=options, **keywords)
    except TypeError as error:
        raise StructureError(f"matching {matching!r}: {error}") from None
    if rank > max(1, len(found)):
        raise StructureError(
            f"rank {rank}: {len(found)} matches were found; raise max_area or max_strain for more"
        )
    return found.best if rank == 1 else found[rank - 1]


def _only_atoms(builder: Callable[P, Interface]) -> Callable[P, Atoms]:
    """Return the builder's function that gives the structure alone."""

    @wraps(builder)
    def interface(*args: P.args, **kwargs: P.kwargs) -> Atoms:
        return builder(*args, **kwargs).atoms

    interface.__name__ = interface.__qualname__ = "interface"
    interface.__doc__ = (builder.__doc__ or "").replace("    Interface\n", "    Atoms\n")
    interface.__annotations__ = {**builder.__annotations__, "return": "Atoms"}
    return interface


interface = _only_atoms(build_interface)
