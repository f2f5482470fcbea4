"""Polar slabs: Tasker's classes, the dipole of formal charges, and moving ions to cancel it.

A slab is of type 1 when every layer is neutral, of type 2 when its layers are charged but the
repeat unit it is cut into has no dipole along the normal, of type 3 when it has one (P. W. Tasker,
J. Phys. C: Solid State Phys. 1979, 12, 4977, doi:10.1088/0022-3719/12/22/036).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

from heterodot.errors import StructureError
from heterodot.records import Record
from heterodot.structures.interfaces.compensation import SAME_ENERGY, WHOLE, FaceIons, face_ions
from heterodot.structures.interfaces.faces import faces_alike
from heterodot.structures.interfaces.slab_plan import SlabPlan
from heterodot.structures.interfaces.terminations import NO_DIPOLE, ionic_charges, repeat_dipole

POLARITY = ("report", "compensate", "refuse")
"""What to do about a polar slab."""

RUMPLED = 0.01
"""Planes of ions may be off the even spacing that whole ions compensate by about this fraction of
a period (wurtzite: u = 0.377 in CdS, 0.382 in ZnO, where 0.375 is even): a dipole of so much of
the charge of one sign is left."""

NEUTRAL = 1e-6
"""e; charges below this are none."""


@dataclass(frozen=True, eq=False)
class Choice:
    """Which ions move to the other face.

    Attributes
    ----------
    ions : (n,) int array
        Atoms of the slab.
    periods : int
        By how many periods, along the normal: negative from the upper to the lower face.
    why : str
        What else than the slab's own energy decided, in a few words; empty where nothing did.
    """

    ions: np.ndarray
    periods: int
    why: str = ""


Chooser = Callable[[Atoms, list[FaceIons], Choice], Choice]
"""Gets the slab, the sets of ions that may move and the one of least energy."""


@dataclass(frozen=True)
class Polarity(Record, also=("polar",)):
    """What the formal charges of a slab say of its polarity.

    Attributes
    ----------
    tasker : int
        1, 2 or 3; 0 where there are no ions (metals).
    charge : float
        Sum of the formal charges, e per cell of the slab.
    dipole_per_area : float
        Σ q z / A about the middle of the slab, e/Å; along the normal, positive where the upper
        face is positive.
    repeat_dipole : float
        The same of one repeat unit, cut as the lower face cuts it, e/Å.
    """

    tasker: int
    charge: float
    dipole_per_area: float
    repeat_dipole: float

    @property
    def polar(self) -> bool:
        """Whether the slab is charged or has a dipole."""
        return abs(self.charge) > NEUTRAL or abs(self.dipole_per_area) > NO_DIPOLE

    def summary(self) -> str:
        """Return a few words for people."""
        if self.tasker == 0:
            return "no ions"
        words = f"Tasker type {self.tasker}, dipole {self.dipole_per_area:+.3f} e/Å"
        if abs(self.charge) > NEUTRAL:
            words = f"Tasker type {self.tasker}, formal charges sum to {self.charge:+g} e"
        return words


def slab_polarity(slab: Atoms, plan: SlabPlan) -> Polarity:
    """Judge a slab by the formal charges of its atoms.

    Parameters
    ----------
    slab : Atoms
        Its third cell vector is the normal.
    plan : SlabPlan
        The layers it was made of.
    """
    charges = ionic_charges(slab)
    area = float(np.linalg.norm(np.cross(slab.cell.array[0], slab.cell.array[1])))
    z = slab.positions[:, 2]
    middle = 0.5 * (z.max() + z.min())
    unit = repeat_dipole(plan.stack, plan.first)
    return Polarity(
        tasker=_tasker(plan, unit),
        charge=round(float(charges.sum()), 6) + 0.0,
        dipole_per_area=round(float(charges @ (z - middle)) / area, 9) + 0.0,
        repeat_dipole=round(unit, 9) + 0.0,
    )


def _tasker(plan: SlabPlan, unit: float) -> int:
    if not ionic_charges(plan.stack.atoms).any():
        return 0
    if abs(unit) > NO_DIPOLE:
        return 3
    return 2 if any(abs(t.charge) > NEUTRAL for t in plan.terminations) else 1


@dataclass(frozen=True, eq=False)
class JudgedSlab:
    """A slab, what is to be said of its polarity, and what may move for it.

    Attributes
    ----------
    atoms : Atoms
        As cut.
    plan : SlabPlan
        The layers it was made of.
    transform : (2, 2) int array
        Its cell in terms of the primitive surface cell.
    polarity : Polarity
        As cut.
    faces : list of FaceIons
        The sets of ions that cancel the dipole; empty where nothing is to move.
    alone : Choice or None
        Of them what leaves the slab alone with the least energy.
    """

    atoms: Atoms
    plan: SlabPlan
    transform: np.ndarray
    polarity: Polarity
    faces: list[FaceIons]
    alone: Choice | None

    def balanced(self, choose: Chooser | None = None) -> tuple[Atoms, dict[str, Any]]:
        """Return the slab with its ions moved, where any are to move, and the record of both.

        ``choose`` may know better than the slab alone which ions to move. The record's
        ``bulk_charge`` is what the crystal's own charges sum to, e per repeat: where it is
        not 0, they say nothing of the polarity.
        """
        bulk = bulk_charge(self.plan)
        before, choice = self.polarity, self.alone
        if choice is None:
            return self.atoms, {**before.to_dict(), "compensation": None, "bulk_charge": bulk}
        if choose is not None:
            choice = choose(self.atoms, self.faces, choice)
        moved = _move(self.atoms, self.plan, self.transform, choice.ions, choice.periods)
        after = slab_polarity(moved, self.plan)
        text = moved_words(self.atoms, choice.ions, choice.periods)
        if choice.why:
            text += f", {choice.why}"
        if abs(after.dipole_per_area) > NO_DIPOLE:
            text += (
                f" ({after.dipole_per_area:+.3f} of {before.dipole_per_area:+.3f} e/Å is left, as "
                "ions are whole and the planes are not evenly spaced)"
            )
        before_after = {"compensation": text, "dipole_before": before.dipole_per_area}
        return moved, {**after.to_dict(), **before_after, "bulk_charge": bulk}


def bulk_charge(plan: SlabPlan) -> float:
    """Return what the formal charges of one repeat of the crystal sum to, e."""
    return round(float(ionic_charges(plan.stack.atoms).sum()), 6) + 0.0


def judge_slab(made: Atoms, plan: SlabPlan, transform: np.ndarray, polarity: str) -> JudgedSlab:
    """Judge a slab's polarity and, if it is to be compensated, find the ions for it.

    Raises
    ------
    StructureError
        It is polar and to be refused, or cannot be compensated.
    """
    before = slab_polarity(made, plan)
    if not before.polar or polarity == "report":
        return JudgedSlab(made, plan, transform, before, [], None)
    if polarity == "refuse":
        raise StructureError(
            f"{plan.stack.cell.label} from {plan.bottom.name} to {plan.top.name} is polar: "
            f"{before.summary()}; choose other faces, or polarity 'compensate'"
        )
    faces = ions_that_may_move(made, plan, before, transform)
    alone = least_energy(made, plan, transform, faces)
    return JudgedSlab(made, plan, transform, before, faces, alone)


def moved_words(made: Atoms, ions: np.ndarray, periods: int) -> str:
    """Say which ions of which face were moved."""
    face = made.numbers[made.arrays["layer"] == made.arrays["layer"][ions[0]]]
    counts = Counter(made.numbers[ions].tolist())
    what = " and ".join(
        f"{n} of {(face == z).sum()} {chemical_symbols[z]}" for z, n in sorted(counts.items())
    )
    way = "from the upper to the lower face" if periods < 0 else "from the lower to the upper face"
    return f"{what} moved {way}"


def _move(
    made: Atoms, plan: SlabPlan, transform: np.ndarray, ions: np.ndarray, periods: int
) -> Atoms:
    """Move ions by whole repeats of the crystal to the other face, where they are a new layer."""
    new = made.copy()
    new.positions[ions] += periods * _step(made, plan, transform)
    layer = new.arrays["layer"]
    layer[ions] = -1 if periods < 0 else layer.max() + 1
    layer -= layer.min()
    new.arrays["role"][ions] = "surface"
    new.positions[:, 2] -= new.positions[:, 2].min()
    new.wrap(pbc=(True, True, False), eps=1e-6)
    return new[np.argsort(layer, kind="stable")]


def _step(made: Atoms, plan: SlabPlan, transform: np.ndarray) -> np.ndarray:
    """Return the translation from one period to the next in the slab's own frame, (3,) Å."""
    step = plan.stack.cell.lattice[2] @ plan.stack.cell.frame.T
    planar = step[:2] @ np.linalg.inv(transform @ plan.stack.cell.in_plane)
    return np.append(planar @ made.cell.array[:2, :2], step[2])


def ions_that_may_move(
    slab: Atoms, plan: SlabPlan, polarity: Polarity, transform: np.ndarray
) -> list[FaceIons]:
    """Find the sets of ions that cancel the dipole when they move to the other face.

    They move by whole periods, to where the crystal would go on. A fraction f of the ions (charge
    Q in all), moved by the N periods P of the slab, changes the dipole by −f Q N P: f is 1/2 where
    the planes are evenly spaced (rock salt (111)) and 1/4 on zinc blende (111). Where the planes
    are a little off even spacing, a little of the dipole is left.

    Returns
    -------
    list of FaceIons
        Of the upper face, of the lower one, or of both.

    Raises
    ------
    StructureError
        The slab cannot be compensated so; the message says why.
    """
    periods, rest = divmod(plan.n_layers, plan.stack.n_layers)
    why = ""
    if abs(polarity.charge) > NEUTRAL:
        why = f"its formal charges sum to {polarity.charge:+g} e; use kind 'stoichiometric'"
    elif rest:
        whole = (periods + 1) * plan.stack.n_layers
        why = f"{plan.n_layers} layers are not whole repeats of the crystal; give layers={whole}"
    if why:
        raise StructureError(f"{plan.stack.cell.label}: the dipole cannot be compensated: {why}")
    step = periods * _step(slab, plan, transform)
    area = float(np.linalg.norm(np.cross(slab.cell.array[0], slab.cell.array[1])))
    needed = polarity.dipole_per_area * area / step[2]
    charges, layer = ionic_charges(slab), slab.arrays["layer"]
    tolerance = max(WHOLE, RUMPLED * _positive_charge(plan, transform))
    found = []
    for face, sign in ((layer.max(), -1), (0, 1)):
        ions = np.flatnonzero((layer == face) & (np.sign(charges) == -sign * np.sign(needed)))
        moved, way = -sign * needed, sign * step
        some = face_ions(slab, ions, charges, moved, way, sign * periods, tolerance)
        if some is not None:
            found.append(some)
    if not found:
        raise StructureError(
            f"{plan.stack.cell.label}: the dipole cannot be compensated: ions with charges of "
            f"{abs(needed):.3g} e in sum would have to move from face to face, and neither "
            f"({plan.top.name}, {plan.bottom.name}) has such a set of ions and others that stay; "
            "give a larger repeat= or another termination"
        )
    return found


def least_energy(
    slab: Atoms, plan: SlabPlan, transform: np.ndarray, faces: list[FaceIons]
) -> Choice:
    """Choose the set of ions, of either face, that leaves the least electrostatic energy.

    Of equals one that leaves both faces alike.
    """
    found = [
        (energy, Choice(some.ions[moves], some.periods))
        for some in faces
        for energy, moves in some.best()
    ]
    least = min(energy for energy, _ in found)
    equals = [choice for energy, choice in found if energy <= least + SAME_ENERGY]
    for choice in equals if len(equals) > 1 else []:
        if faces_alike(_move(slab, plan, transform, choice.ions, choice.periods)):
            return choice
    return equals[0]


def _positive_charge(plan: SlabPlan, transform: np.ndarray) -> float:
    """Return the charge of the cations of one period of the supercell, e."""
    charges = ionic_charges(plan.stack.atoms)
    return float(charges[charges > 0].sum()) * abs(round(float(np.linalg.det(transform))))
