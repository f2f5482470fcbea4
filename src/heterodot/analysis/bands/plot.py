"""Figures of projected densities of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from heterodot.analysis.bands.centre import BandMoments
from heterodot.analysis.bands.drawn_curves import broadened_over, chosen_window, left_out
from heterodot.analysis.bands.pdos import DensityOfStates
from heterodot.analysis.figures.canvas import centre_label, label_panels, legend_above, panels_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    details,
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
    from matplotlib.ticker import MultipleLocator

LEAST = 1.6
"""Inches: least height of all panels, so that the label of the axis fits beside them."""

TOGETHER = 0.04
"""Share of the window within which E_F and VBM are told apart in words."""

SYMBOLS = {"fermi": "$E_\\mathrm{F}$", "vbm": "VBM", "vacuum": "$E_\\mathrm{vac}$", None: "0"}
"""How references are written on axes."""


def reference_symbol(reference: str | None) -> str:
    """Return how a reference is written on axes; the name of a deep level as it is."""
    return SYMBOLS.get(reference) or f"({rich(str(reference))})"


def plot_pdos(
    densities: Mapping[str, DensityOfStates | Sequence[DensityOfStates]],
    moments: Mapping[str, BandMoments | Sequence[BandMoments]] | None = None,
    window: tuple[float, float] | None = None,
    width: float = COLUMN,
    panel_height: float = 0.85,
    caption: str = "",
    *,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw projected densities of states, one panel for each system, band centres marked.

    All panels have one scale. The part below the highest occupied level is filled; the second spin
    channel points down. Projections with hardly a state in the window, and bands flagged as empty
    shells, are left out; the caption names them.

    Parameters
    ----------
    densities : mapping of str to DensityOfStates or a sequence of them
        By the name of the system; all on one reference.
    moments : mapping of str to BandMoments or a sequence of them, optional
        Band centres to mark, in the order of the densities.
    window : (low, high), optional
        eV, relative to the densities' reference; chosen by the gaps unless given.
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
    window = window_of(window or chosen_window(curves))
    width, panel_height = positive(width, "width", "inch"), positive(panel_height, "panel_height")
    out = left_out(curves, marks, window)
    text = join_caption([caption, *_pdos_caption(curves, marks, window, out)])
    curves = {name: [d for d in group if d.label not in out] for name, group in curves.items()}
    marks = {name: [m for m in group if m.label not in out] for name, group in marks.items()}
    labels = list(dict.fromkeys(dos.label for group in curves.values() for dos in group))
    limits = _limits(curves, window, equal=axes is not None)
    with figure_style():
        spans = [high - low for low, high in limits]
        height = max(panel_height * sum(spans) / min(spans), LEAST) + 0.55
        figure, panels = panels_for(
            axes, len(curves), width, height, text,
            nrows=len(curves), sharex=True, height_ratios=spans,
        )  # fmt: skip
        if axes is None:
            layout: Any = figure.get_layout_engine()
            layout.set(hspace=0, h_pad=0.02)
        for panel, limit, (name, group) in zip(panels, limits, curves.items(), strict=True):
            panel.set(xlim=window, ylim=limit)
            for dos in group:
                _draw_density(panel, dos, colour(labels.index(dos.label)), window)
            if group:
                _dress_panel(panel, name, group, window)
            _mark_centres(panel, marks.get(name, []), labels, reference, window)
        panels[-1].set_xlabel(f"Energy − {reference_symbol(reference)} (eV)")
        label_panels(figure, panels, axes is not None, "Projected DOS (states/eV)")
        _pdos_legend(figure, panels[0], axes is not None, labels)
        centre_label(figure, panels)
    return figure


def _limits(
    curves: Mapping[str, list[DensityOfStates]], window: tuple[float, float], equal: bool
) -> list[tuple[float, float]]:
    """Return the limits of each panel: one top for all, a bottom where a channel points down.

    In axes somebody gave, whose heights are theirs, one bottom too.
    """
    tops, bottoms = [], []
    for group in curves.values():
        top = bottom = 0.0
        for dos in group:
            inside = (dos.energies >= window[0]) & (dos.energies <= window[1])
            top = max(top, float(dos.values[0, inside].max(initial=0.0)))
            if len(dos.values) == 2:
                bottom = max(bottom, float(dos.values[1, inside].max(initial=0.0)))
        tops.append(top)
        bottoms.append(bottom)
    top = max(tops) or 1.0
    high, low = 1.4 * top, [-1.15 * bottom - 0.08 * top for bottom in bottoms]
    return [(min(low) if equal else own, high) for own in low]


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
    """Draw the levels everything is measured from, name the system and the spin channels."""
    first = group[0]
    axes.axhline(0, color="0.5", lw=0.4)
    axes.axvline(first.fermi, color="0.35", lw=0.6, ls=(0, (4, 2)))
    axes.axvline(first.vbm, color="0.35", lw=0.6, ls=(0, (1, 1.5)))
    if abs(first.fermi - first.vbm) < TOGETHER * (window[1] - window[0]):
        apart = abs(first.fermi - first.vbm)
        far = "on" if apart < 0.005 else f"{number(apart)} eV from"
        said = f"$E_\\mathrm{{F}}$ {far} the VBM"
        _note(axes, said, (max(first.fermi, first.vbm), 0.55), (3, 0), xdata=True)
    if any(len(dos.values) == 2 for dos in group):
        for text, up in (("spin up", 2), ("spin down", -2)):
            _note(axes, text, (0.012, 0.0), (0, up), ydata=True)
    if name:
        axes.set_title(rich(name), loc="left", size=7, pad=4)
    axes.yaxis.set_major_locator(_ticks(axes.get_ylim()[1]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")  # both channels count up


def _ticks(top: float) -> MultipleLocator:
    """Return ticks at multiples of one round number in every panel that reaches ``top``."""
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    values = MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(0.0, top)
    return MultipleLocator(float(values[1] - values[0]))


def _note(
    axes: Axes,
    text: str,
    place: tuple[float, float],
    offset: tuple[float, float],
    xdata: bool = False,
    ydata: bool = False,
) -> None:
    """Write small words in a panel; places are fractions of it, or data where it says so."""
    x, y = ("data" if of_data else "axes fraction" for of_data in (xdata, ydata))
    axes.annotate(
        text,
        place,
        xycoords=(x, y),
        xytext=offset,
        textcoords="offset points",
        ha="left",
        va="bottom" if offset[1] >= 0 else "top",
        size=5.5,
        color="0.35",
        zorder=5,
    )


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


def _mark_centres(
    axes: Axes,
    marks: Sequence[BandMoments],
    labels: list[str],
    reference: str | None,
    window: tuple[float, float],
) -> None:
    """Mark the band centres inside the window, in the colours of their curves."""
    for rank, mark in enumerate(marks):
        shade = colour(labels.index(mark.label)) if mark.label in labels else "black"
        if not window[0] <= mark.relative_to(reference).centre <= window[1]:
            continue
        _mark_centre(axes, _centre(mark, reference), shade, rank)
        if reference != "vbm":
            _note_centre_from_vbm(axes, mark, shade, rank)


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
    window: tuple[float, float],
    out: Mapping[str, str],
) -> list[str]:
    """Kind of projection, broadening, what the centres are, what is left out, and the caveats."""
    every = [dos for group in curves.values() for dos in group]
    kinds = ", ".join(dict.fromkeys(dos.kind for dos in every))
    first = every[0]
    levels = ", ".join(dict.fromkeys(dos.level for dos in every if dos.level))
    spread = f"{first.broadening} broadening {first.width:g} eV"
    if first.broadening == "tetrahedron":
        spread = "linear tetrahedra"
    parts = [levels, f"{kinds} projection, {spread}", broadened_over(curves)]
    if out:
        parts.append(f"Left out: {', '.join(f'{label} ({why})' for label, why in out.items())}")
    drawn = {name: [m for m in group if m.label not in out] for name, group in marks.items()}
    for name, group in drawn.items():
        parts.append(flag_note((f for mark in group for f in mark.flags), name.split(":")[0]))
    parts.append(_centres_said([mark for group in drawn.values() for mark in group]))
    beyond = _centres_beyond(drawn, first.reference, window)
    if beyond:
        parts.append(f"Centres beyond the axis, not drawn: {', '.join(beyond)} eV")
    described = [mark for group in drawn.values() for mark in group]
    more = ["Filled: occupied"]
    if any(flag.name == "fermi-level-in-gap" for mark in described for flag in mark.flags):
        more.append("The Fermi level is arbitrary within the gap: compare against the VBM")
    if any(len(dos.values) == 1 for dos in every) and any(len(d.values) == 2 for d in every):
        more.append("Where no spins are named a curve counts both")
    return [*parts, details(*more, *(text for dos in every for text in dos.caveats))]


def _centres_said(marks: list[BandMoments]) -> str:
    """Say what the marked centres are over; nothing without any."""
    if not marks:
        return ""
    states = "occupied" if marks[0].occupied_only else "all"
    low, high = marks[0].window
    window = f"{number(low, 1)} to {number(high, 1)} eV" if marks[0].windowed else "no window"
    return f"Vertical lines with numbers: band centres over {states} states ({window})"
