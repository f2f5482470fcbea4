"""The figure of a band alignment: the staircase of edges and redox levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from heterodot.analysis.alignment.band_edges import PUBLISHED_NOTE, BandEdges
from heterodot.analysis.alignment.lineup import Alignment
from heterodot.analysis.alignment.redox import (
    O2_NOTE,
    REDOX_LEVELS,
    TABLE_PH,
    RedoxLevel,
    check_scale,
)
from heterodot.analysis.figures.canvas import axes_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    details,
    figure_style,
    join_caption,
    number,
    rich,
)
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BELOW = 1.1
"""How far a band is drawn beyond its edge, eV or V."""


def plot_staircase(
    edges: Mapping[str, BandEdges],
    scale: str = "RHE",
    ph: float = TABLE_PH,
    redox: Sequence[RedoxLevel] = REDOX_LEVELS,
    alignment: Alignment | None = None,
    width: float = COLUMN,
    height: float = 2.9,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw valence and conduction bands side by side, with redox levels.

    Parameters
    ----------
    edges : mapping of str to BandEdges
        By the name of the material; those whose source says "as published" are hatched.
    scale : {"vacuum", "NHE", "RHE"}
    ph : float
        Of the redox levels and of RHE.
    redox : sequence of RedoxLevel
        Levels to draw; none for an empty one.
    alignment : Alignment, optional
        Its statement goes into the caption.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.

    Raises
    ------
    InputError
        No edges, or an unknown scale.
    """
    if not edges:
        raise InputError("staircase: no band edges given")
    check_scale(scale, ph)
    with figure_style():
        text = join_caption([caption, *_staircase_caption(edges, scale, ph, redox, alignment)])
        figure, axes = axes_for(ax, width, height, text)
        for index, edge in enumerate(edges.values()):
            _draw_bands(axes, index, len(edges), edge, scale, ph)
        _draw_redox(axes, len(edges), redox, scale, ph)
        _frame(axes, edges, redox, scale, ph)
    return figure


def _draw_bands(axes: Axes, index: int, n: int, edge: BandEdges, scale: str, ph: float) -> None:
    """Draw a box from each edge outwards, its value inside; published ones are hatched."""
    outward = -1.0 if scale == "vacuum" else 1.0  # potentials grow downwards
    hatch = "////" if edge.source.startswith(PUBLISHED_NOTE) else None
    vbm, cbm = edge.on(scale, ph)
    for value, shade, side in ((vbm, colour(0), outward), (cbm, colour(1), -outward)):
        if value is None:
            continue
        axes.bar(
            index,
            side * _BELOW,
            0.66,
            bottom=value,
            color=shade,
            alpha=0.4,
            lw=0,
            hatch=hatch,
            ec="white",
        )
        axes.plot([index - 0.33, index + 0.33], [value, value], color=shade, lw=1.6)
        axes.annotate(
            number(value),
            (index, value),
            xytext=(0, -2 if side == outward else 2),
            textcoords="offset points",
            ha="center",
            va="top" if side == outward else "bottom",
            size=6 if n < 5 else 5,
            bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.75},
        )


def _draw_redox(axes: Axes, n: int, redox: Sequence[RedoxLevel], scale: str, ph: float) -> None:
    """Draw dashed lines across, with names at the right that do not run into each other."""
    values = [(level.potential(scale, ph), level.name) for level in redox]
    spacing = 0.155 * _span(axes) / 2.2
    placed = _spread([value for value, _ in sorted(values)], spacing)
    for (value, name), at in zip(sorted(values), placed, strict=True):
        axes.plot([-0.5, n - 0.42], [value, value], color="0.35", lw=0.5, ls=(0, (4, 2)), zorder=1)
        axes.plot([n - 0.42, n - 0.25], [value, at], color="0.35", lw=0.4, clip_on=False)
        text = f"{_half_reaction(name)}  {number(value)}"
        axes.text(n - 0.22, at, text, size=5.5, va="center", ha="left", color="0.2")


def _half_reaction(name: str) -> str:
    """Set the formulae of a half reaction."""
    marks = str.maketrans({"2": "$_2$", "3": "$_3$", "4": "$_4$", "+": "$^+$"})
    return name.replace("·⁻", "$^{·-}$").translate(marks)


def _span(axes: Axes) -> float:
    low, high = axes.get_ylim()
    return abs(high - low)


def _spread(values: list[float], spacing: float) -> list[float]:
    """Move sorted values apart by at least ``spacing``, each as little as clusters allow."""
    groups = [[value] for value in values]
    centres = list(values)
    merged = True
    while merged:
        merged = False
        for i in range(len(groups) - 1):
            gap = 0.5 * spacing * (len(groups[i]) + len(groups[i + 1]))
            if centres[i + 1] - centres[i] < gap - 1e-12:
                groups[i : i + 2] = [groups[i] + groups[i + 1]]
                centres[i : i + 2] = [sum(groups[i]) / len(groups[i])]
                merged = True
                break
    return [
        centre + spacing * (k - 0.5 * (len(group) - 1))
        for centre, group in zip(centres, groups, strict=True)
        for k in range(len(group))
    ]


def _frame(
    axes: Axes,
    edges: Mapping[str, BandEdges],
    redox: Sequence[RedoxLevel],
    scale: str,
    ph: float,
) -> None:
    n = len(edges)
    axes.set_xlim(-0.5, n - 0.5 + (0.5 + 0.37 * n if redox else 0.0))
    axes.set_xticks(range(n), [rich(name) for name in edges])
    if n > 3:
        for text in axes.get_xticklabels():
            text.set(rotation=35, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="x", length=0)
    if scale == "vacuum":
        axes.set_ylabel("Energy − $E_\\mathrm{vac}$ (eV)")
    else:
        axes.invert_yaxis()
        at = f", pH {ph:g}" if scale == "RHE" else ""
        axes.set_ylabel(f"Potential (V vs {scale}{at})")


def _staircase_caption(
    edges: Mapping[str, BandEdges],
    scale: str,
    ph: float,
    redox: Sequence[RedoxLevel],
    alignment: Alignment | None,
) -> list[str]:
    sources: dict[str, list[str]] = {}
    for name, edge in edges.items():
        sources.setdefault(edge.source or "source not given", []).append(name)
    parts = [f"{', '.join(names)}: {source}" for source, names in sources.items()]
    parts += [f"{name}: {text}" for name, edge in edges.items() for text in edge.corrections]
    if scale != "vacuum":
        parts.append("V(NHE) = −E(vs vacuum)/e − 4.44" + "; RHE adds 0.0592 pH" * (scale == "RHE"))
    if redox:
        parts.append(f"Dashed: redox levels at pH {ph:g} (Li et al. 2023, given for pH 7)")
    if any(level.name == "O2/H2O" for level in redox):
        parts.append(O2_NOTE)
    if any(edge.source.startswith(PUBLISHED_NOTE) for edge in edges.values()):
        parts.append("Hatched: as published")
    if alignment is not None:
        parts.append(alignment.statement())
    return [*parts, details(*(text for edge in edges.values() for text in edge.caveats))]
