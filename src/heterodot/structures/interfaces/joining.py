"""Interfaces: a film put on a substrate as a lattice match says, at its best registry and gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import between
from heterodot.errors import StructureError
from heterodot.structures.chemistry.joints import Joint, joint, note_unbonded
from heterodot.structures.chemistry.oxidation import for_side
from heterodot.structures.crystals.levelled import lattice_level
from heterodot.structures.interfaces.joined_face import Partner
from heterodot.structures.interfaces.registry import (
    CRITERIA,
    RegistryScan,
    grid_of_shifts,
    scan_registry,
    shift_cell,
)
from heterodot.structures.interfaces.sides import (
    BuiltSide,
    SideOptions,
    build_side,
    common_cell,
    plan_side,
)
from heterodot.structures.interfaces.slabs import (
    BYTES_PER_ATOM,
    SMALLER,
    checked_vacuum,
    with_vacuum,
)
from heterodot.structures.matching.match import Match
from heterodot.structures.matching.surface_cell import SurfaceCell
from heterodot.structures.memory import refuse_too_many

TOUCHING = 1 - 1e-6
"""Contacts shorter than this fraction of their limit are named in the notes."""

UNBONDED_ADVICE = (
    "give other terminations, another match (rank), a finer grid of shifts, or a gap and relax it"
)
"""What to do about an interface without bonds."""

MAX_SHIFTS = 40_000
"""More shifts than this are not scanned."""


@dataclass(frozen=True, eq=False)
class Interface:
    """A film on a substrate, and what was done to join them.

    Attributes
    ----------
    atoms : Atoms
        Both, periodic in x and y; domain "substrate" below, "film" above.
    match : Match
        The lattice match it was built from.
    film, substrate : dict
        Layers, faces, polarity and strain of each side (the record of a slab; ``strain`` is the
        Biot strain recomputed from the built cell, ``residual`` its difference from the match).
    gap : float
        From the substrate's highest to the film's lowest atom, Å.
    shift : tuple of float
        Of the film, in fractions of the common cell.
    shift_cell : (2, 2) float array
        Rows: shifts that change nothing, in the same fractions.
    closest : float
        Shortest distance across the interface over its limit; 1 where they just touch.
    joint : Joint
        Bonds across the interface and the shortest distance of each pair of unlike ions.
    scan : RegistryScan
        What was tried.
    """

    atoms: Atoms
    match: Match
    film: dict[str, Any]
    substrate: dict[str, Any]
    gap: float
    shift: tuple[float, float]
    shift_cell: np.ndarray
    closest: float
    joint: Joint
    scan: RegistryScan

    @property
    def unbonded(self) -> bool:
        """Whether no unlike ions are bonded across the interface."""
        return self.joint.unbonded

    def record(self) -> dict[str, Any]:
        """Return what the structure's record says of the interface, as plain JSON."""
        cells = {"film": self.match.film, "substrate": self.match.substrate}
        levels = {
            which: lattice_level(cell.crystal) if isinstance(cell, SurfaceCell) else None
            for which, cell in cells.items()
        }
        return {
            "film": self.film,
            "substrate": self.substrate,
            **({"lattice": levels} if any(levels.values()) else {}),
            "gap": self.gap,
            "shift": list(self.shift),
            "shift_cell": self.shift_cell.tolist(),
            "closest": self.closest,
            **self.joint.to_dict(),
            "area": self.match.area,
            "twist": self.match.twist,
            "strain": list(self.match.principal),
            "von_mises": self.match.von_mises,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the atoms as plain JSON."""
        return {**self.record(), "match": self.match.to_dict(), "n_atoms": len(self.atoms)}

    def summary(self) -> str:
        """Return a few lines for people."""
        return "\n".join([f"{len(self.atoms)} atoms, {self.match.area:.1f} Å²", *self.lines()])

    def lines(self) -> list[str]:
        """Return what the notes of the structure say: faces and gap, then the strain."""
        high, low = (100 * x for x in self.match.principal)
        shares = ", ".join(
            f"the {name} bears {_percent(side['strain'])}"
            for name, side in (("film", self.film), ("substrate", self.substrate))
        )
        close = "" if self.closest > TOUCHING else ": atoms are closer than they should be"
        return [
            f"interface {self.film['plane']} on {self.substrate['plane']}: "
            f"{self.film['bottom']} on {self.substrate['top']}, gap {self.gap:.2f} Å, shift "
            f"({self.shift[0]:.3f}, {self.shift[1]:.3f}) of the cell, shortest contact "
            f"{self.closest:.2f} of its limit{close}; {self.joint.summary()}",
            f"strain of the film against the substrate {high:+.2f} % and {low:+.2f} %, twist "
            f"{self.match.twist:.2f}°; {shares}; heights are not strained",
        ]


def _percent(strain: list[list[float]]) -> str:
    low, high = np.linalg.eigvalsh(np.array(strain)) * 100
    if max(abs(low), abs(high)) < 5e-3:
        return "none"
    return f"{high:+.2f} % and {low:+.2f} %"


def join(
    match: Match,
    film: SideOptions | None = None,
    substrate: SideOptions | None = None,
    *,
    gap: float | None = None,
    shift: Sequence[float] | None = None,
    grid: Sequence[int] = (12, 12),
    criterion: str = "contacts",
    touch: float = 1.0,
    vacuum: float = 15.0,
) -> Interface:
    """Put the film of a match on its substrate; the first vector of the common cell along x.

    Both are turned by proper rotations only; the film's normal points up, away from the
    substrate, so its lower face, (-h -k -l), is at the interface.

    Parameters
    ----------
    match : Match
        From :func:`heterodot.structures.match_lattices`, between planes of crystals.
    film, substrate : SideOptions, optional
        Layers, faces, polarity and passivation of each side.
    gap : float, optional
        Å; by default the smallest at which no contact across the interface is shorter than its
        limit.
    shift : two float, optional
        Of the film, in fractions of the common cell; by default the best one on a grid over the
        cell of different shifts.
    grid : two int
        Shifts tried along each side of that cell.
    criterion : {"contacts", "gap"}
        What the best shift has: most contacts between unlike ions, or the smallest gap.
    touch : float
        Contacts may be as short as this factor times the distances of
        :func:`heterodot.structures.chemistry.contacts.contact_distances`, those of rigid faces.
    vacuum : float
        Empty height above the film to the next image, Å.

    Returns
    -------
    Interface

    Raises
    ------
    StructureError
        Something given is not possible, the match does not describe its own cell, or the
        structure would not fit in memory.
    """
    if not isinstance(match, Match):
        raise StructureError(f"match {match!r}: expected a Match, as match_lattices finds them")
    checked_vacuum(vacuum)
    _check_choices(gap, shift, grid, criterion, touch)
    options = {"film": film or SideOptions(), "substrate": substrate or SideOptions()}
    plans = {which: plan_side(match, which, given) for which, given in options.items()}
    refuse_too_many(
        sum(
            plan.n_atoms * float(np.linalg.det(getattr(match, f"{which}_transform")))
            for which, plan in plans.items()
        ),
        BYTES_PER_ATOM,
        SMALLER,
    )
    sides = {which: build_side(match, which, plans[which], options[which]) for which in plans}
    cell = common_cell(match)
    lattice = _shift_lattice(match, sides)
    tried = _shifts_to_try(shift, lattice, grid)
    if criterion == "contacts":
        for which, other in (("film", "substrate"), ("substrate", "film")):
            side = sides[which]
            if side.chosen_by is None:
                continue
            whole = {which: replace(side, chosen_by=None), other: sides[other]}
            near = _shifts_to_try(shift, _shift_lattice(match, whole), grid)
            partner = Partner(sides[other].atoms, which == "substrate", cell, near, touch, gap)
            sides[which] = side.chosen_by(partner.choose)
            tried = np.concatenate([tried, near])
    scan = scan_registry(
        sides["film"].atoms,
        sides["substrate"].atoms,
        cell,
        tried,
        touch=touch,
        gap=gap,
        criterion=criterion,
    )
    return _joined(match, sides, scan, lattice, vacuum)


def _check_choices(
    gap: float | None,
    shift: Sequence[float] | None,
    grid: Sequence[int],
    criterion: str,
    touch: float,
) -> None:
    if criterion not in CRITERIA:
        raise StructureError(f"criterion {criterion!r}: expected one of {', '.join(CRITERIA)}")
    for name, value, low, high in (("gap", gap, 0.0, 100.0), ("touch", touch, 0.1, 3.0)):
        if value is not None:
            between(value, name, low, high, error=StructureError)
    if shift is not None and not _is_pair(shift, float):
        raise StructureError(f"shift {shift!r}: expected two fractions of the common cell")
    if not _is_pair(grid, int) or min(grid) < 1 or grid[0] * grid[1] > MAX_SHIFTS:
        raise StructureError(
            f"grid {grid!r}: expected two whole numbers above 0, at most {MAX_SHIFTS} shifts in all"
        )


def _is_pair(values: Any, kind: type) -> bool:
    """Whether it is two finite numbers, whole ones if ``kind`` is int."""
    if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
        return False
    numbers = (int, np.integer) if kind is int else (int, float, np.number)
    fits = [isinstance(v, numbers) and not isinstance(v, bool) for v in values]
    return len(fits) == 2 and all(fits) and bool(np.isfinite(np.asarray(values, float)).all())


def _shift_lattice(match: Match, sides: dict[str, BuiltSide]) -> np.ndarray:
    """Return the shifts that change nothing, (2, 2) rows in fractions of the common cell."""
    transforms = [
        np.asarray(getattr(match, f"{which}_transform"), int)
        if side.lattice_is_whole
        else np.eye(2, dtype=int)
        for which, side in sides.items()
    ]
    return shift_cell(transforms[0], transforms[1], common_cell(match))


def _shifts_to_try(
    shift: Sequence[float] | None, lattice: np.ndarray, grid: Sequence[int]
) -> np.ndarray:
    if shift is not None:
        return np.array([[float(shift[0]), float(shift[1])]])
    return grid_of_shifts(lattice, (int(grid[0]), int(grid[1])))


def _joined(
    match: Match,
    sides: dict[str, BuiltSide],
    scan: RegistryScan,
    lattice: np.ndarray,
    vacuum: float,
) -> Interface:
    """Put the film at the chosen shift and gap, and write the record and the notes."""
    shift, gap = scan.shifts[scan.best], float(scan.gaps[scan.best])
    atoms = _stacked(sides, shift @ common_cell(match), gap, vacuum)
    found = joint(atoms, atoms.arrays["domain"] == "film")
    made = Interface(
        atoms=atoms,
        match=match,
        film=sides["film"].record,
        substrate=sides["substrate"].record,
        gap=gap,
        shift=(float(shift[0] % 1.0), float(shift[1] % 1.0)),
        shift_cell=lattice,
        closest=float(scan.closest[scan.best]),
        joint=found,
        scan=scan,
    )
    for which in ("substrate", "film"):
        for note in provenance.notes(sides[which].atoms):
            provenance.add_note(atoms, for_side(note, which, which))
        provenance.carry_flags(atoms, sides[which].atoms)
    for line in made.lines():
        provenance.add_note(atoms, line)
    note_unbonded(atoms, found, UNBONDED_ADVICE)
    provenance.update(atoms, interface=made.record())
    provenance.add_step(atoms, "interface", shift=list(made.shift), gap=gap)
    return made


def _stacked(sides: dict[str, BuiltSide], shift: np.ndarray, gap: float, vacuum: float) -> Atoms:
    """Return the substrate with the film above it, every array filled."""
    substrate, film = sides["substrate"].atoms.copy(), sides["film"].atoms.copy()
    rise = substrate.positions[:, 2].max() + gap - film.positions[:, 2].min()
    film.positions += [*shift, rise]
    film.arrays["layer"] = film.arrays["layer"] + substrate.arrays["layer"].max() + 1
    for one, other in ((substrate, film), (film, substrate)):
        for name, values in other.arrays.items():
            if name not in one.arrays:  # only pseudo_hydrogen: of the side that has them
                one.set_array(name, np.zeros((len(one), *values.shape[1:]), values.dtype))
            elif values.dtype.kind == "U":
                one.arrays[name] = one.arrays[name].astype(f"U{max(12, values.itemsize // 4)}")
    atoms = substrate + film
    atoms.info = {}
    atoms.wrap(pbc=(True, True, False), eps=1e-6)
    return with_vacuum(atoms, vacuum)
