"""Where to put numbers next to plateaus so that none covers another or a plateau."""

from __future__ import annotations

from collections.abc import Sequence


def stack_labels(levels: Sequence[float], height: float, gap: float) -> list[float]:
    """Bottom edge of the label of each level, in the levels' own unit.

    A label sits ``gap`` above its level. Levels too close for a label between them form a group,
    and their labels are stacked, in the same order, above the highest of the group.

    Parameters
    ----------
    levels : sequence of float
        In any order.
    height : float
        Of one line of text.
    gap : float
        Between a level and the text above it.

    Returns
    -------
    list of float
        In the order of ``levels``.
    """
    order = sorted(range(len(levels)), key=lambda k: levels[k])
    groups: list[list[int]] = []
    for k in order:
        if groups and levels[k] < _top(groups[-1], levels, height, gap):
            groups[-1].append(k)
        else:
            groups.append([k])
    bottoms = [0.0] * len(levels)
    for group in groups:
        base = max(levels[k] for k in group) + gap
        for rank, k in enumerate(group):
            bottoms[k] = base + rank * height
    return bottoms


def _top(group: list[int], levels: Sequence[float], height: float, gap: float) -> float:
    """Upper edge of a group's stack of labels, with a gap above."""
    return max(levels[k] for k in group) + gap + len(group) * height + gap
