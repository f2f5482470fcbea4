"""Interfaces from crystals: the match, the slabs and how they are joined, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.interfaces.joining import Interface, join
from heterodot.structures.interfaces.sides import SideOptions
from heterodot.structures.matching.match import Match
from heterodot.structures.matching.search import match_lattices

P = ParamSpec("P")


def build_interface(
    film: str | Path | Atoms | Any = None,
    substrate: str | Path | Atoms | Any = None,
    *,
    film_miller: Sequence[int] | str | None = None,
    substrate_miller: Sequence[int] | str | None = None,
    relation: str | None = None,
    max_area: float = 400.0,
    max_strain: float = 0.03,
    matching: Mapping[str, Any] | None = None,
    rank: int = 1,
    match: Match | None = None,
    film_layers: int | None = None,
    film_thickness: float | None = None,
    film_termination: str | int | None = None,
    film_outer_termination: str | int | None = None,
    film_kind: str = "as cut",
    film_polarity: str = "report",
    substrate_layers: int | None = None,
    substrate_thickness: float | None = None,
    substrate_termination: str | int | None = None,
    substrate_outer_termination: str | int | None = None,
    substrate_kind: str = "as cut",
    substrate_polarity: str = "report",
    passivate_film: str | None = None,
    passivate_substrate: str | None = None,
    gap: float | None = None,
    shift: Sequence[float] | None = None,
    grid: Sequence[int] = (12, 12),
    criterion: str = "contacts",
    touch: float = 1.0,
    vacuum: float = 15.0,
    film_formal_charges: Mapping[str, float] | None = None,
    substrate_formal_charges: Mapping[str, float] | None = None,
    film_planes: bool = False,
    substrate_planes: bool = False,
) -> Interface:
    """Put a film on a substrate, coherently, as a lattice match says.

    Both are turned by proper rotations only, so a chiral film keeps its hand; the film's normal
    (hkl) points up, and its lower face is at the interface.

    Parameters
    ----------
    film, substrate : str, Path, Atoms or pymatgen Structure
        Anything :func:`heterodot.structures.crystal` takes; not needed with ``match``.
    film_miller, substrate_miller : indices, optional
        Planes at the interface, as for :func:`heterodot.structures.match_lattices`.
    relation : str, optional
        Orientation relation the match has to have.
    max_area, max_strain : float
        Bounds of the search for a match, Å² and absolute principal strain.
    matching : mapping, optional
        Further options of ``match_lattices`` (strained, film_setting, relation_tolerance, …).
    rank : int
        Which of the matches found to build: 1 is the best.
    match : Match, optional
        A match to build, instead of a search.
    film_layers, substrate_layers : int, optional
        Chemical layers of each side, see :func:`heterodot.structures.slab`.
    film_thickness, substrate_thickness : float, optional
        Instead, Å; 10 Å if neither is given.
    film_termination, substrate_termination : str or int, optional
        The faces at the interface, by name or index; by default those that cut the weakest bonds.
    film_outer_termination, substrate_outer_termination : str or int, optional
        The outer faces.
    film_kind, substrate_kind : {"as cut", "symmetric", "stoichiometric"}
        What layers are added for.
    film_polarity, substrate_polarity : {"report", "compensate", "refuse"}
        What to do about a dipole along the normal: say so; move ions between the faces until it
        is gone, those that the other side does not bind; or raise.
    passivate_film, passivate_substrate : {"pseudo-H"}, optional
        Close the dangling bonds of the outer face.
    gap : float, optional
        From the substrate's highest to the film's lowest atom, Å; by default the smallest at
        which no contact across the interface is shorter than its limit.
    shift : two float, optional
        Lateral shift of the film in fractions of the common cell; by default the best on a grid
        over the cell of different shifts.
    grid : two int
        Shifts tried along each side of that cell.
    criterion : {"contacts", "gap"}
        What the best shift has: most contacts between unlike ions, or the smallest gap.
    touch : float
        Contacts may be as short as this factor times the distances of
        :func:`heterodot.structures.chemistry.contacts.contact_distances`, those of rigid faces.
    vacuum : float
        Empty height above the film to the next image, Å.
    film_formal_charges, substrate_formal_charges : mapping of element to charge (e), optional
        As ``formal_charges`` of :func:`heterodot.structures.crystal`.
    film_planes, substrate_planes : bool
        Whether every plane of atoms counts as a layer; see
        :func:`heterodot.structures.terminations`.

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
    chosen = match if match is not None else _matched(
        film, substrate, rank, matching or {},
        film_miller=film_miller, substrate_miller=substrate_miller, relation=relation,
        max_area=max_area, max_strain=max_strain,
    )  # fmt: skip
    film_side = SideOptions(
        film_layers, film_thickness, film_termination, film_outer_termination, film_kind,
        film_polarity, passivate_film, film_formal_charges, film_planes,
    )  # fmt: skip
    substrate_side = SideOptions(
        substrate_layers, substrate_thickness, substrate_termination, substrate_outer_termination,
        substrate_kind, substrate_polarity, passivate_substrate,
        substrate_formal_charges, substrate_planes,
    )  # fmt: skip
    return join(
        chosen, film_side, substrate_side,
        gap=gap, shift=shift, grid=grid, criterion=criterion, touch=touch, vacuum=vacuum,
    )  # fmt: skip


def _matched(
    film: Any, substrate: Any, rank: int, further: Mapping[str, Any], **bounds: Any
) -> Match:
    """Search for matches and return the one of a rank."""
    if film is None or substrate is None:
        raise StructureError("interface: expected a film and a substrate, or a match")
    if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
        raise StructureError(f"rank {rank!r}: expected a whole number, 1 for the best match")
    if not isinstance(further, Mapping) or not all(isinstance(k, str) for k in further):
        raise StructureError(f"matching {further!r}: expected options of match_lattices by name")
    try:
        found = match_lattices(film, substrate, **{**bounds, **further})
    except TypeError as error:
        raise StructureError(f"matching {dict(further)!r}: {error}") from None
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
