"""Figures of free-energy diagrams and projected densities of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.band_centre import BandMoments
from heterodot.analysis.che import FreeEnergyDiagram
from heterodot.analysis.labels import stack_labels
from heterodot.analysis.pdos import DensityOfStates
from heterodot.analysis.style import (
    COLUMN,
    PAGE,
    captioned_figure,
    chemical_label,
    colour,
    figure_style,
    join_caption,
    number,
    typeset,
)
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLATEAU = 0.32
"""Half the length of a plateau; states are one unit apart."""

LABEL_SIZE = 5.5
"""Points, of the numbers at plateaus."""


SYMBOLS = {"fermi": "$E_\\mathrm{F}$", "vbm": "VBM", "vacuum": "$E_\\mathrm{vac}$", None: "0"}
"""How references are written on axes."""


def plot_free_energy(
    diagrams: Mapping[str, FreeEnergyDiagram],
    ax: Axes | None = None,
    width: float | None = None,
    height: float = 2.3,
    caption: str = "",
) -> Figure:
    """Draw free-energy diagrams of several systems over the same states.

    Each state is a plateau with its G in eV, joined by thin lines; the connector of each
    system's limiting electrochemical step is bold, and its limiting potential stands in the
    legend. States with flags carry a dagger. Level, conditions, references, flags and caveats
    stand below (not where ``ax`` is given).

    Parameters
    ----------
    diagrams : mapping of str to FreeEnergyDiagram
        By the name of the system; all at one potential, pH and scale.
    ax : matplotlib Axes, optional
        Where to draw; a new figure unless given.
    width : float, optional
        Inches; one journal column up to six states, two beyond.
    height : float
        Inches, without the caption.
    caption : str
        Put before the caption's own sentences.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        No diagram, or diagrams at different conditions or with different numbers of states.
    """
    _check_comparable(diagrams)
    n_states = len(next(iter(diagrams.values())).steps)
    with figure_style():
        if ax is None:
            text = join_caption([caption, *_diagram_caption(diagrams)])
            figure = captioned_figure(width or (COLUMN if n_states <= 6 else PAGE), height, text)
            axes = figure.add_subplot()
        else:
            axes = ax
            figure = ax.get_figure(root=True)  # type: ignore[assignment]
        for index, diagram in enumerate(diagrams.values()):
            _draw_pathway(axes, diagram, colour(index))
        _draw_common_levels(axes, diagrams)
        _dress_diagram(axes, diagrams)
        _diagram_legend(axes, figure, diagrams, inside=ax is not None)
        figure.draw_without_rendering()  # the layout must be settled before labels are spread
        _label_levels(axes, diagrams)
    return figure


def plot_pdos(
    densities: Mapping[str, DensityOfStates | Sequence[DensityOfStates]],
    moments: Mapping[str, BandMoments | Sequence[BandMoments]] | None = None,
    window: tuple[float, float] = (-6.0, 3.0),
    width: float = COLUMN,
    panel_height: float = 0.85,
    caption: str = "",
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
    if not window[1] > window[0]:
        raise InputError(f"window {window} eV: expected low < high")
    labels = list(dict.fromkeys(dos.label for group in curves.values() for dos in group))
    with figure_style():
        text = join_caption([caption, *_pdos_caption(curves, marks)])
        figure = captioned_figure(width, panel_height * len(curves) + 0.55, text)
        panels = figure.subplots(len(curves), 1, sharex=True, squeeze=False)[:, 0]
        figure.get_layout_engine().set(hspace=0, h_pad=0.02)  # type: ignore[union-attr, call-arg]
        for axes, (name, group) in zip(panels, curves.items(), strict=True):
            for dos in group:
                _draw_density(axes, dos, colour(labels.index(dos.label)), window)
            _dress_panel(axes, name, group, window)
            for rank, mark in enumerate(marks.get(name, [])):
                shade = colour(labels.index(mark.label)) if mark.label in labels else "black"
                inside = window[0] <= mark.relative_to(reference).centre <= window[1]
                if inside:
                    _mark_centre(axes, mark.relative_to(reference).centre, shade, rank)
                if inside and reference != "vbm":
                    _note_centre_from_vbm(axes, mark, shade, rank)
        panels[-1].set_xlabel(f"Energy − {SYMBOLS[reference]} (eV)")
        figure.supylabel("Projected DOS (states/eV)", size=7.5)
        _pdos_legend(figure, labels)
    return figure


def _check_comparable(diagrams: Mapping[str, FreeEnergyDiagram]) -> None:
    if not diagrams:
        raise InputError("no diagram: expected at least one system")
    conditions = {d.conditions for d in diagrams.values()}
    if len(conditions) > 1:
        raise InputError(f"diagrams at different conditions ({'; '.join(sorted(conditions))})")
    lengths = {name: len(d.steps) for name, d in diagrams.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"diagrams with different numbers of states: {lengths}")


def _draw_pathway(axes: Axes, diagram: FreeEnergyDiagram, shade: str) -> None:
    """Plateaus, thin connectors, and the limiting step's connector in bold."""
    limiting = diagram.limiting_step
    for i, level in enumerate(diagram.levels):
        axes.plot(
            [i - PLATEAU, i + PLATEAU],
            [level, level],
            color=shade,
            lw=1.8,
            zorder=3,
            solid_capstyle="butt",
        )
    for change in diagram.changes:
        i = change.index
        bold = limiting is not None and i == limiting.index
        axes.plot(
            [i + PLATEAU, i + 1 - PLATEAU],
            diagram.levels[i : i + 2],
            color=shade,
            lw=1.5 if bold else 0.5,
            ls="-" if bold else (0, (2, 1.5)),
            zorder=2,
        )


def _draw_common_levels(axes: Axes, diagrams: Mapping[str, FreeEnergyDiagram]) -> None:
    """Grey over the plateaus that several systems share, so that none seems to be missing."""
    levels = np.array([d.levels for d in diagrams.values()])
    for i in np.flatnonzero(np.ptp(levels, axis=0) < 1e-6):
        if len(levels) > 1:
            axes.plot(
                [i - PLATEAU, i + PLATEAU],
                levels[:2, i],
                color="0.25",
                lw=1.8,
                zorder=4,
                solid_capstyle="butt",
            )


def _dress_diagram(axes: Axes, diagrams: Mapping[str, FreeEnergyDiagram]) -> None:
    """Axes, ticks and a little air for the numbers."""
    columns = zip(*(d.steps for d in diagrams.values()), strict=True)
    names = [
        "\n".join(chemical_label(label) for label in dict.fromkeys(s.label for s in column))
        for column in columns
    ]
    axes.set_xticks(range(len(names)), names)
    axes.tick_params(axis="x", length=0, pad=3)
    axes.set_xlim(-0.55, len(names) - 0.45)
    levels = np.concatenate([d.levels for d in diagrams.values()])
    span = max(float(np.ptp(levels)), 0.2)
    axes.set_ylim(levels.min() - 0.12 * span, levels.max() + 0.16 * span)
    axes.axhline(0, color="0.8", lw=0.5, zorder=0)
    axes.set_ylabel("Free energy (eV)")
    axes.spines[["top", "right"]].set_visible(False)


def _diagram_legend(
    axes: Axes, figure: Figure, diagrams: Mapping[str, FreeEnergyDiagram], inside: bool
) -> None:
    """Name the systems with their limiting potentials."""
    from matplotlib.lines import Line2D

    handles = []
    for index, (name, diagram) in enumerate(diagrams.items()):
        U_L = diagram.limiting_potential
        limit = "" if U_L is None else f"$U_\\mathrm{{L}}$ = {number(U_L)} V"
        text = "\n".join(part for part in (typeset(name), limit) if part)
        handles.append(Line2D([], [], color=colour(index), lw=1.8, label=text))
    first = next(iter(diagrams.values()))
    acid = f", pH {first.pH:g}" if first.scale == "SHE" else ""
    options = {
        "handles": handles,
        "title": f"U = {number(first.U)} V vs {first.scale}{acid}",
        "title_fontsize": 6.5,
        "ncols": _legend_columns(list(diagrams), figure.get_figwidth()),
        "handlelength": 1.2,
        "columnspacing": 1.2,
        "borderaxespad": 0.2,
    }
    if inside:
        axes.legend(**options)
    else:
        figure.legend(loc="outside upper center", **options)


def _legend_columns(names: Sequence[str], width: float) -> int:
    """How many entries of two lines fit side by side in ``width`` inches."""
    longest = max(14, *(len(name) for name in names))
    return max(1, min(len(names), int((width * 72 - 20) / (longest * 3.7 + 18))))


def _label_levels(axes: Axes, diagrams: Mapping[str, FreeEnergyDiagram]) -> None:
    """Write G at every plateau, stacked where plateaus are closer than the text is high."""
    n_states = len(next(iter(diagrams.values())).steps)
    per_point = _data_per_point(axes)
    for i in range(n_states):
        levels = [float(d.levels[i]) for d in diagrams.values()]
        daggers = ["†" if d.steps[i].flags else "" for d in diagrams.values()]
        if i == 0 and not any(daggers):
            continue  # the zero of the scale needs no number
        heights = stack_labels(levels, (LABEL_SIZE * 1.15) * per_point, 1.6 * per_point)
        for k, (level, height) in enumerate(zip(levels, heights, strict=True)):
            _write(axes, i, height, number(level) + daggers[k], colour(k))


def _data_per_point(axes: Axes) -> float:
    """Energy (axis units) that one printed point spans."""
    low, high = axes.get_ylim()
    box = axes.get_window_extent()
    figure = axes.get_figure(root=True)
    dpi = 72.0 if figure is None else figure.dpi
    return float((high - low) / (box.height * 72 / dpi))


def _write(axes: Axes, x: float, y: float, text: str, shade: str) -> None:
    from matplotlib.patheffects import withStroke

    axes.text(
        x,
        y,
        text,
        size=LABEL_SIZE,
        color=shade,
        ha="center",
        va="bottom",
        zorder=5,
        path_effects=[withStroke(linewidth=1.4, foreground="white")],
    )


def _diagram_caption(diagrams: Mapping[str, FreeEnergyDiagram]) -> list[str]:
    """Level, conditions, references, flags and caveats, each once."""
    members = diagrams.values()
    levels = ", ".join(dict.fromkeys(d.level for d in members if d.level))
    parts = [levels, next(iter(members)).conditions, "Bold connector: limiting step"]
    references = list(dict.fromkeys(text for d in members for text in d.references))
    parts += ["References: " + "; ".join(references)] if references else []
    flagged = []
    for name, diagram in diagrams.items():
        doubts = [f"{s.label} {f.name}" for s in diagram.steps for f in s.flags]
        doubts += [f.name for f in diagram.flags]
        if doubts:
            prefix = f"{name}: " if name else ""
            flagged.append(prefix + ", ".join(dict.fromkeys(doubts)))
    parts += ["Flags (†): " + "; ".join(flagged)] if flagged else []
    return parts + [text for d in members for text in d.caveats]


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
    axes.text(0.03, 0.93, typeset(name), transform=axes.transAxes, ha="left", va="top", size=7)
    axes.locator_params(axis="y", nbins=4, steps=[1, 2, 5, 10])


def _mark_centre(axes: Axes, centre: float, shade: str, rank: int) -> None:
    """Draw a line at the band centre, with its value; further ones end lower."""
    low, high = axes.get_ylim()
    top = high - (0.21 + 0.13 * rank) * (high - low)
    axes.plot([centre, centre], [low, top], color=shade, lw=0.9, zorder=4)
    axes.annotate(
        number(centre),
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
        f"{number(moments.relative_to('vbm').centre)} vs VBM",
        (0.985, 0.93),
        xycoords="axes fraction",
        xytext=(0, -7 * rank),
        textcoords="offset points",
        ha="right",
        va="top",
        size=5.5,
        color=shade,
    )


def _pdos_legend(figure: Figure, labels: list[str]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour(i), lw=1.2, label=text) for i, text in enumerate(labels)]
    handles.append(Line2D([], [], color="0.35", lw=0.6, ls=(0, (4, 2)), label="$E_\\mathrm{F}$"))
    handles.append(Line2D([], [], color="0.35", lw=0.6, ls=(0, (1, 1.5)), label="VBM"))
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=min(len(handles), 5),
        handlelength=1.5,
        columnspacing=1.2,
        borderaxespad=0.2,
    )


def _pdos_caption(
    curves: Mapping[str, list[DensityOfStates]], marks: Mapping[str, list[BandMoments]]
) -> list[str]:
    """Kind of projection, broadening, what the centres are, and the caveats."""
    every = [dos for group in curves.values() for dos in group]
    kinds = ", ".join(dict.fromkeys(dos.kind for dos in every))
    first = every[0]
    levels = ", ".join(dict.fromkeys(dos.level for dos in every if dos.level))
    parts = [levels, f"{kinds} projection, {first.broadening} broadening {first.width:g} eV"]
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
    names = {flag.name: flag.message for mark in described for flag in mark.flags}
    if "fermi-level-in-gap" in names:
        parts.append("The Fermi level is arbitrary within the gap: compare against the VBM")
    return parts + [text for dos in every for text in dos.caveats]
