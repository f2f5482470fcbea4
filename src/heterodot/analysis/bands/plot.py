"""Figures of projected densities of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from heterodot.analysis.bands.centre import BandMoments
from heterodot.analysis.bands.pdos import DensityOfStates
from heterodot.analysis.figures.canvas import label_panels, legend_above, panels_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    join_caption,
    number,
    rich,
)
from heterodot.checks import positive, window_of
from heterodot.data.flags import Marked, flag_note
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAST = 1.6
"""Inches: least height of all panels, so that the label of the axis fits beside them."""

SYMBOLS = {"fermi": "$E_\\mathrm{F}$", "vbm": "VBM", "vacuum": "$E_\\mathrm{vac}$", None: "0"}
"""How references are written on axes."""


def reference_symbol(reference: str | None) -> str:
    """Return how a reference is written on axes; the name of a deep level as it is."""
    return SYMBOLS.get(reference) or f"({rich(str(reference))})"


def plot_pdos(
    densities: Mapping[str, DensityOfStates | Sequence[DensityOfStates]],
    moments: Mapping[str, BandMoments | Sequence[BandMoments]] | None = None,
    window: tuple[float, float] = (-6.0, 3.0),
    width: float = COLUMN,
    panel_height: float = 0.85,
    caption: str = "",
    *,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw projected densities of states, one panel for each system, band centres marked.

    The part below the highest occupied level is filled; the second spin channel points down.

    Parameters
    ----------
    densities : mapping of str to DensityOfStates or a sequence of them
        By the name of the system; all on one reference.
    moments : mapping of str to BandMoments or a sequence of them, optional
        Band centres to mark, in the order of the densities.
    window : (low, high)
        eV, relative to the densities' reference.
    width, panel_height : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    axes : sequence of matplotlib Axes, optional
        Where to draw, without the caption: one for each system; a new figure unless given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        No density, different references, or an empty window.
    """
    curves = {name: _as_list(value) for name, value in densities.items()}
    marks = {name: _as_list(value) for name, value in (moments or {}).items()}
    reference = _common_reference(curves)
    window = window_of(window)
    width, panel_height = positive(width, "width", "inch"), positive(panel_height, "panel_height")
    labels = list(dict.fromkeys(dos.label for group in curves.values() for dos in group))
    with figure_style():
        beyond = _centres_beyond(marks, reference, window)
        text = join_caption([caption, *_pdos_caption(curves, marks, beyond)])
        height = max(panel_height * len(curves), LEAST) + 0.55
        figure, panels = panels_for(axes, len(curves), width, height, text)
        if axes is None:
            layout: Any = figure.get_layout_engine()
            layout.set(hspace=0, h_pad=0.02)
        for panel, (name, group) in zip(panels, curves.items(), strict=True):
            for dos in group:
                _draw_density(panel, dos, colour(labels.index(dos.label)), window)
            _dress_panel(panel, name, group, window)
            for rank, mark in enumerate(marks.get(name, [])):
                shade = colour(labels.index(mark.label)) if mark.label in labels else "black"
                inside = window[0] <= mark.relative_to(reference).centre <= window[1]
                if inside:
                    _mark_centre(panel, _centre(mark, reference), shade, rank)
                if inside and reference != "vbm":
                    _note_centre_from_vbm(panel, mark, shade, rank)
        panels[-1].set_xlabel(f"Energy − {reference_symbol(reference)} (eV)")
        label_panels(figure, panels, axes is not None, "Projected DOS (states/eV)")
        _pdos_legend(figure, panels[0], axes is not None, labels)
    return figure


def _as_list(value: object) -> list:
    return list(value) if isinstance(value, Sequence) else [value]


def _common_reference(curves: Mapping[str, list[DensityOfStates]]) -> str | None:
    references = {dos.reference for group in curves.values() for dos in group}
    if len(references) != 1:
        raise InputError(f"densities on the references {references}: expected one and the same")
    return references.pop()


def _draw_density(
    axes: Axes, dos: DensityOfStates, shade: str, window: tuple[float, float]
) -> None:
    """Line for all states, fill for the occupied ones; a second spin channel points down."""
    inside = (dos.energies >= window[0]) & (dos.energies <= window[1])
    energies = dos.energies[inside]
    edge = max(dos.vbm, min(dos.fermi, dos.vbm + 3 * dos.width))
    for sign, values in zip((1, -1), dos.values[:, inside], strict=False):
        axes.plot(energies, sign * values, color=shade, lw=0.8, zorder=3)
        axes.fill_between(
            energies, 0, sign * values, where=energies <= edge, color=shade, alpha=0.3, lw=0
        )


def _dress_panel(
    axes: Axes, name: str, group: list[DensityOfStates], window: tuple[float, float]
) -> None:
    """Limits, the levels everything is measured from, and the system's name."""
    top = bottom = 0.0
    for dos in group:
        inside = (dos.energies >= window[0]) & (dos.energies <= window[1])
        top = max(top, float(dos.values[0, inside].max(initial=0.0)))
        if len(dos.values) == 2:
            bottom = max(bottom, float(dos.values[1, inside].max(initial=0.0)))
    top = top or 1.0
    axes.set_xlim(*window)
    axes.set_ylim(-1.1 * bottom - 0.08 * top, top + 0.35 * (top + bottom))
    axes.axhline(0, color="0.5", lw=0.4)
    axes.axvline(group[0].fermi, color="0.35", lw=0.6, ls=(0, (4, 2)))
    axes.axvline(group[0].vbm, color="0.35", lw=0.6, ls=(0, (1, 1.5)))
    if name:
        axes.set_title(rich(name), loc="left", size=7, pad=4)
    axes.locator_params(axis="y", nbins=4, steps=[1, 2, 5, 10])


def _centre(moments: BandMoments, reference: str | None) -> Marked:
    """Return the band centre against a reference, with the flags it rests on."""
    return Marked(moments.relative_to(reference).centre, moments.flags_against(reference))


def _written(value: Marked) -> str:
    return number(float(value.value)) + value.mark


def _mark_centre(axes: Axes, marked: Marked, shade: str, rank: int) -> None:
    """Draw a line at the band centre, with its value; further ones end lower."""
    low, high = axes.get_ylim()
    centre = float(marked.value)
    top = high - (0.21 + 0.13 * rank) * (high - low)
    axes.plot([centre, centre], [low, top], color=shade, lw=0.9, zorder=4)
    axes.annotate(
        _written(marked),
        (centre, top),
        xytext=(0, 1),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=6,
        color=shade,
        zorder=5,
    )


def _note_centre_from_vbm(axes: Axes, moments: BandMoments, shade: str, rank: int) -> None:
    """Write the centre from the highest occupied level too: E_F is arbitrary within a gap."""
    axes.annotate(
        f"{_written(_centre(moments, 'vbm'))} vs VBM",
        (0.985, 0.93),
        xycoords="axes fraction",
        xytext=(0, -7 * rank),
        textcoords="offset points",
        ha="right",
        va="top",
        size=5.5,
        color=shade,
    )


def _pdos_legend(figure: Figure, axes: Axes, given: bool, labels: list[str]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour(i), lw=1.2, label=text) for i, text in enumerate(labels)]
    handles.append(Line2D([], [], color="0.35", lw=0.6, ls=(0, (4, 2)), label="$E_\\mathrm{F}$"))
    handles.append(Line2D([], [], color="0.35", lw=0.6, ls=(0, (1, 1.5)), label="VBM"))
    legend_above(
        figure,
        axes,
        given,
        handles=handles,
        ncols=min(len(handles), 5),
        handlelength=1.5,
        columnspacing=1.2,
        borderaxespad=0.2,
    )


def _centres_beyond(
    marks: Mapping[str, list[BandMoments]], reference: str | None, window: tuple[float, float]
) -> list[str]:
    """Write the band centres the axis leaves out, with the band and the system they belong to."""
    found = []
    for name, group in marks.items():
        system = f" ({name.split(':')[0]})" if name else ""
        for mark in group:
            centre = mark.relative_to(reference).centre
            if not window[0] <= centre <= window[1]:
                found.append(f"{mark.label} {_written(_centre(mark, reference))}{system}")
    return found


def _pdos_caption(
    curves: Mapping[str, list[DensityOfStates]],
    marks: Mapping[str, list[BandMoments]],
    beyond: list[str],
) -> list[str]:
    """Kind of projection, broadening, what the centres are, and the caveats."""
    every = [dos for group in curves.values() for dos in group]
    kinds = ", ".join(dict.fromkeys(dos.kind for dos in every))
    first = every[0]
    levels = ", ".join(dict.fromkeys(dos.level for dos in every if dos.level))
    spread = f"{first.broadening} broadening {first.width:g} eV"
    if first.broadening == "tetrahedron":
        spread = "linear tetrahedra"
    parts = [levels, f"{kinds} projection, {spread}"]
    parts.append("Filled: occupied")
    described = [mark for group in marks.values() for mark in group]
    if described:
        states = "occupied" if described[0].occupied_only else "all"
        window = (
            f"{number(described[0].window[0], 1)} to {number(described[0].window[1], 1)} eV"
            if described[0].windowed
            else "no window"
        )
        parts.append(f"Vertical lines with numbers: band centres over {states} states ({window})")
    if beyond:
        parts.append(f"Centres beyond the axis, not drawn: {', '.join(beyond)} eV")
    for name, group in marks.items():
        parts.append(flag_note((f for mark in group for f in mark.flags), name.split(":")[0]))
    if any(flag.name == "fermi-level-in-gap" for mark in described for flag in mark.flags):
        parts.append("The Fermi level is arbitrary within the gap: compare against the VBM")
    return parts + [text for dos in every for text in dos.caveats]
