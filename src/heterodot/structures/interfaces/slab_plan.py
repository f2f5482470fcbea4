"""Which layers a slab is made of: from the lowest to the highest, by thickness, faces and kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from heterodot.checks import is_number, is_whole
from heterodot.errors import StructureError
from heterodot.structures.interfaces.layers import LayerStack
from heterodot.structures.interfaces.terminations import Termination, chosen_termination

KINDS = ("as cut", "symmetric", "stoichiometric")
"""What a slab's number of layers is rounded up to."""

DEFAULT_THICKNESS = 10.0
"""Å, of a slab whose thickness nobody gave."""

MAX_LAYERS = 100_000
"""More layers are taken for a mistake."""


@dataclass(frozen=True, eq=False)
class SlabPlan:
    """A run of layers of a stack.

    Attributes
    ----------
    stack : LayerStack
    terminations : tuple of Termination
        Of the stack, by layer.
    first, n_layers : int
        Number of the lowest layer, and how many there are; layers count on through the periods.
    """

    stack: LayerStack
    terminations: tuple[Termination, ...]
    first: int
    n_layers: int

    @property
    def bottom(self) -> Termination:
        """The layer the slab ends with below."""
        return self.terminations[self.first % self.stack.n_layers]

    @property
    def top(self) -> Termination:
        """The layer the slab ends with above."""
        return self.terminations[(self.first + self.n_layers - 1) % self.stack.n_layers]

    @property
    def thickness(self) -> float:
        """From the lowest to the highest atom, Å."""
        return _height(self.stack, self.first, self.n_layers)

    @property
    def n_atoms(self) -> int:
        """Atoms in a primitive surface cell."""
        counts = np.bincount(self.stack.layer, minlength=self.stack.n_layers)
        whole, rest = divmod(self.n_layers, self.stack.n_layers)
        over = (self.first + np.arange(rest)) % self.stack.n_layers
        return int(whole * counts.sum() + counts[over].sum())

    @property
    def stoichiometric(self) -> bool:
        """Whether the composition is the crystal's."""
        return _is_multiple(_composition(self), Counter(self.stack.atoms.get_chemical_symbols()))

    @property
    def symmetric(self) -> bool:
        """Whether a symmetry operation of the crystal makes both faces the same."""
        if self.top.mirror is None:
            return False
        partner = self.terminations[self.top.mirror]
        return partner.equivalent_to == self.bottom.equivalent_to


def plan_slab(
    stack: LayerStack,
    found: tuple[Termination, ...],
    *,
    layers: int | None = None,
    thickness: float | None = None,
    top: str | int | None = None,
    bottom: str | int | None = None,
    kind: str = "as cut",
    anchor: str = "top",
) -> SlabPlan:
    """Choose the layers of a slab: the fewest that are thick enough and of the right kind.

    Parameters
    ----------
    stack : LayerStack
    found : tuple of Termination
        Of the stack.
    layers, thickness, top, bottom, kind
        As for :func:`heterodot.structures.slab`.
    anchor : {"top", "bottom"}
        The face that is chosen first; layers are added at the other one.

    Raises
    ------
    StructureError
        A number or a name is none, or no slab of this kind has these faces; the message says why.
    """
    if kind not in KINDS:
        raise StructureError(f"kind {kind!r}: expected one of {', '.join(KINDS)}")
    least = _least_layers(layers, thickness)
    height = DEFAULT_THICKNESS if layers is None and thickness is None else thickness or 0.0
    start = chosen_termination(list(found), bottom if anchor == "bottom" else top, anchor)
    other = top if anchor == "bottom" else bottom
    least = max(least, _layers_for(stack, start.index, anchor, height))
    for n in range(least, least + 2 * stack.n_layers + 1):
        first = start.index if anchor == "bottom" else start.index - n + 1
        plan = SlabPlan(stack, found, first, n)
        end = plan.top if anchor == "bottom" else plan.bottom
        if _fits(plan, kind) and _ends_with(plan, end, other):
            return plan
    raise StructureError(_why_not(stack, start, kind, other))


def _least_layers(layers: int | None, thickness: float | None) -> int:
    if layers is not None and thickness is not None:
        raise StructureError(f"layers {layers} and thickness {thickness}: expected one of the two")
    if layers is not None:
        if not is_whole(layers) or not 0 < layers <= MAX_LAYERS:
            raise StructureError(f"layers {layers!r}: expected a whole number, 1…{MAX_LAYERS}")
        return int(layers)
    if thickness is not None and not (is_number(thickness) and 0 < thickness < 1e6):
        raise StructureError(f"thickness {thickness!r}: expected a length in Å above 0")
    return 1


def _layers_for(stack: LayerStack, anchor: int, face: str, height: float) -> int:
    """Return the fewest layers from the anchored face that reach a height (Å)."""
    n = max(1, int(height / stack.period) * stack.n_layers - stack.n_layers)
    while True:
        first = anchor if face == "bottom" else anchor - n + 1
        if _height(stack, first, n) >= height - 1e-6:
            return n
        n += 1


def _height(stack: LayerStack, first: int, n: int) -> float:
    """Return the height of n layers, from the lowest to the highest atom, Å."""
    low, high = divmod(first, stack.n_layers), divmod(first + n - 1, stack.n_layers)
    top = high[0] * stack.period + stack.tops[high[1]]
    return float(top - low[0] * stack.period - stack.bottoms[low[1]])


def _fits(plan: SlabPlan, kind: str) -> bool:
    return {"symmetric": plan.symmetric, "stoichiometric": plan.stoichiometric}.get(kind, True)


def _ends_with(plan: SlabPlan, end: Termination, wanted: str | int | None) -> bool:
    if wanted is None:
        return True
    layer = chosen_termination(list(plan.terminations), wanted, "top")
    same = isinstance(wanted, str) and end.equivalent_to == layer.equivalent_to
    return same or end.index == layer.index


def _why_not(stack: LayerStack, start: Termination, kind: str, other: str | int | None) -> str:
    if kind == "symmetric" and start.mirror is None:
        return (
            f"no symmetric slab of {stack.cell.label}: no symmetry of the crystal turns its normal "
            "over; use kind 'stoichiometric' or 'as cut'"
        )
    return (
        f"no {kind} slab of {stack.cell.label} has the faces asked for ({start.name} and "
        f"{'any' if other is None else other}): leave one of them or the kind out"
    )


def _composition(plan: SlabPlan) -> Counter[str]:
    total: Counter[str] = Counter()
    whole, rest = divmod(plan.n_layers, plan.stack.n_layers)
    for symbol in plan.stack.atoms.get_chemical_symbols():
        total[symbol] += whole
    for k in range(plan.first, plan.first + rest):
        total.update(plan.terminations[k % plan.stack.n_layers].composition)
    return total


def _is_multiple(one: Counter[str], other: Counter[str]) -> bool:
    """Whether two compositions are the same but for a factor."""
    return _reduced(one) == _reduced(other)


def _reduced(counts: Counter[str]) -> dict[str, int]:
    divisor = gcd(*counts.values())
    return {symbol: n // divisor for symbol, n in counts.items() if n}


def plan_record(plan: SlabPlan) -> dict[str, Any]:
    """Return what a slab's record says of its layers, as plain JSON."""
    return {
        "plane": plan.stack.cell.label,
        "miller": list(plan.stack.cell.miller),
        "layers": plan.n_layers,
        "thickness": round(plan.thickness, 6),
        "repeats": plan.n_layers / plan.stack.n_layers,
        "top": plan.top.name,
        "bottom": plan.bottom.name,
        "top_index": plan.top.index,
        "bottom_index": plan.bottom.index,
        "stoichiometric": plan.stoichiometric,
        "symmetric": plan.symmetric,
    }
