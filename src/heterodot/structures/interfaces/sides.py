"""The two sides of an interface: each a run of layers, strained as the match says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures.chemistry.oxidation import for_side
from heterodot.structures.crystals.crystal import with_charges
from heterodot.structures.interfaces.faces import faces_alike, passivate_face
from heterodot.structures.interfaces.layers import layer_stack
from heterodot.structures.interfaces.polarity import POLARITY, Chooser
from heterodot.structures.interfaces.slab_plan import SlabPlan, plan_record, plan_slab
from heterodot.structures.interfaces.slabs import build_slab, judged, slab_note, upright
from heterodot.structures.interfaces.terminations import stack_terminations
from heterodot.structures.matching.match import Match, polar
from heterodot.structures.matching.surface_cell import SurfaceCell

STRAIN_TOLERANCE = 1e-6
"""The deformation of the built cell may differ from the match's by this much."""


@dataclass(frozen=True)
class SideOptions:
    """How one side of an interface is cut.

    Attributes
    ----------
    layers : int or None
        Chemical layers; see :func:`heterodot.structures.slab`.
    thickness : float or None
        Instead, Å.
    termination : str, int or None
        The face at the interface; by default the one that cuts the weakest bonds.
    outer_termination : str, int or None
        The other face.
    kind : {"as cut", "symmetric", "stoichiometric"}
        What layers are added for.
    polarity : {"report", "compensate", "refuse"}
        What to do about a dipole along the normal: say so; move ions between the faces until it is
        gone, chosen for the other side where the registry is (``criterion`` "contacts"); or raise.
    passivate : {"pseudo-H"} or None
        Closes the dangling bonds of the outer face.
    formal_charges : mapping of element to charge (e) or None
        Instead of the crystal's.
    planes : bool
        Whether every plane of atoms counts as a layer.
    """

    layers: int | None = None
    thickness: float | None = None
    termination: str | int | None = None
    outer_termination: str | int | None = None
    kind: str = "as cut"
    polarity: str = "report"
    passivate: str | None = None
    formal_charges: Mapping[str, float] | None = None
    planes: bool = False


@dataclass(frozen=True, eq=False)
class BuiltSide:
    """One side, built.

    Attributes
    ----------
    atoms : Atoms
        Strained into the common cell, without vacuum.
    record : dict
        As the record ``slab`` of :func:`heterodot.structures.slab`, with ``formula_units`` in the
        common cell, ``transform``, ``gradient`` (2, 2), ``strain`` (2, 2) and ``residual`` against
        the match.
    chosen_by : callable or None
        Gives the side with the ions of its faces chosen by somebody else than the slab alone; None
        where no ions had to move.
    """

    atoms: Atoms
    record: dict[str, Any]
    chosen_by: Callable[[Chooser], BuiltSide] | None = None

    @property
    def lattice_is_whole(self) -> bool:
        """Whether its lateral lattice is still the crystal's: no ions were moved."""
        return self.chosen_by is None


def plan_side(match: Match, which: str, options: SideOptions) -> SlabPlan:
    """Choose the layers of one side of a match.

    Parameters
    ----------
    match : Match
    which : {"film", "substrate"}
        The film's face at the interface is its lower one, the substrate's the upper one.
    options : SideOptions

    Raises
    ------
    StructureError
        The side is a bare cell, or the options do not fit it.
    """
    net = getattr(match, which)
    if not isinstance(net, SurfaceCell):
        raise StructureError(
            f"the match's {which} is a bare cell ({net.label}): an interface needs crystal planes"
        )
    if options.polarity not in POLARITY:
        raise StructureError(
            f"{which}_polarity {options.polarity!r}: expected one of {', '.join(POLARITY)}"
        )
    crystal = net.crystal
    if options.formal_charges is not None or "formal_charge" not in crystal.arrays:
        try:
            crystal = with_charges(crystal, options.formal_charges)
        except StructureError as error:
            raise StructureError(f"{which}: {for_side(str(error), which, which)}") from None
    stack = layer_stack(crystal, net.miller, options.planes)
    found = tuple(stack_terminations(stack))
    inner, outer = options.termination, options.outer_termination
    top, bottom = (outer, inner) if which == "film" else (inner, outer)
    try:
        return plan_slab(
            stack,
            found,
            layers=options.layers,
            thickness=options.thickness,
            top=top,
            bottom=bottom,
            kind=options.kind,
            anchor="bottom" if which == "film" else "top",
        )
    except StructureError as error:
        raise StructureError(f"{which}: {error}") from None


def build_side(match: Match, which: str, plan: SlabPlan, options: SideOptions) -> BuiltSide:
    """Build one side in the common cell of a match and check its strain.

    Raises
    ------
    StructureError
        The match does not describe the cell it gives, or the side cannot be balanced or
        passivated as asked.
    """
    transform = np.asarray(getattr(match, f"{which}_transform"), int)
    gradient, residual = applied_gradient(match, which, plan)
    cut = build_slab(plan, transform, common_cell(match), which)
    slab = judged(cut, plan, transform, options.polarity)
    strained = {
        "formula_units": _formula_units(plan) * round(np.linalg.det(transform)),
        "transform": transform.tolist(),
        "gradient": gradient.tolist(),
        "strain": (polar(gradient)[1] - np.eye(2)).tolist(),
        "residual": residual,
    }

    def finished(choose: Chooser | None = None) -> BuiltSide:
        made, balance = slab.balanced(choose)
        record = {**plan_record(plan), "kind": options.kind, "polarity": balance, **strained}
        if slab.alone is not None:
            record["symmetric"] = faces_alike(made)
        provenance.add_note(made, f"{which}: {slab_note(record)}")
        if options.passivate is not None:
            face = "top" if which == "film" else "bottom"
            made = passivate_face(made, face, options.passivate)
            record["symmetric"] = False
        return BuiltSide(made, record, None if slab.alone is None else finished)

    return finished()


def common_cell(match: Match) -> np.ndarray:
    """Return the (2, 2) common cell of a match, Å, turned so that its first row lies along x."""
    return upright(np.asarray(match.cell, float))


def _formula_units(plan: SlabPlan) -> float:
    """Count formula units in the slab's primitive cell: its repeats times those of a period."""
    counts = Counter(plan.stack.atoms.get_chemical_symbols())
    return plan.n_layers / plan.stack.n_layers * gcd(*counts.values())


def applied_gradient(match: Match, which: str, plan: SlabPlan) -> tuple[np.ndarray, float]:
    """Return the (2, 2) deformation gradient of a side in the cell as built, and its residual.

    It is recomputed from the crystal's own surface lattice and the cell as built, not taken from
    the match; the residual is the largest difference of an entry from what the match says.

    Raises
    ------
    StructureError
        They differ, or the side would be mirrored.
    """
    transform = np.asarray(getattr(match, f"{which}_transform"), int)
    supercell = transform @ plan.stack.cell.in_plane
    if np.linalg.det(supercell) <= 0 or np.linalg.det(match.cell) <= 0:
        raise StructureError(
            f"{which}: transformation {transform.tolist()} or cell of the match is left-handed; "
            "the side would be mirrored"
        )
    cell = common_cell(match)
    turn = np.linalg.solve(np.asarray(match.cell, float), cell).T
    gradient = np.linalg.solve(supercell, cell).T
    stated = turn @ np.asarray(getattr(match, f"{which}_gradient"), float)
    residual = float(np.abs(gradient - stated).max())
    if not residual <= STRAIN_TOLERANCE:
        raise StructureError(
            f"{which}: the cell of the match needs a deformation {np.round(gradient, 6).tolist()}, "
            f"but it says {np.round(stated, 6).tolist()} (off by {residual:.2g}); make it anew"
        )
    return gradient, residual
