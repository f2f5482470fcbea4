"""Figures of free-energy diagrams."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import axes_for
from heterodot.analysis.figures.style import (
    COLUMN,
    FLAGGED,
    PAGE,
    chemical_label,
    colour,
    details,
    figure_style,
    join_caption,
    number,
    rich,
)
from heterodot.analysis.thermo.labels import stack_labels
from heterodot.analysis.thermo.pathway import Pathway
from heterodot.checks import positive
from heterodot.data.committee import disagreement
from heterodot.data.flags import Flag, Marked
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLATEAU = 0.32
"""Half the length of a plateau; states are one unit apart."""

BAND = 0.18
"""Opacity of the band of a committee's spread."""

SAME = 1e-4
"""eV: levels closer than this are one, such as those of the gases; they get one number."""

LABEL_SIZE = 5.5
"""Points, of the numbers at plateaus."""


def plot_free_energy(
    diagrams: Mapping[str, Pathway],
    ax: Axes | None = None,
    width: float | None = None,
    height: float = 2.3,
    caption: str = "",
) -> Figure:
    """Draw free-energy diagrams of several systems over the same states.

    Each state is a plateau with its G in eV, joined by thin lines; the connector of each
    system's limiting electrochemical step is bold, and its limiting potential and overpotential
    stand in the legend. Of a committee a band round the path is what its members differ by: one
    sample standard deviation up and down. Numbers that rest on flagged states, or on which the
    members disagree, carry a dagger. Level, conditions, references, flags and caveats stand below
    (not where ``ax`` is given).

    Parameters
    ----------
    diagrams : mapping of str to Pathway
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
    width = None if width is None else positive(width, "width", "inch")
    height = positive(height, "height", "inch")
    n_states = len(next(iter(diagrams.values())).steps)
    with figure_style():
        text = join_caption([caption, *_diagram_caption(diagrams)])
        width = width or (COLUMN if n_states <= 6 else PAGE)
        figure, axes = axes_for(ax, width, height + _legend_height(diagrams, width), text)
        for index, diagram in enumerate(diagrams.values()):
            _draw_pathway(axes, diagram, colour(index))
        _draw_common_levels(axes, diagrams)
        _dress_diagram(axes, diagrams)
        _diagram_legend(axes, figure, diagrams, inside=ax is not None)
        figure.draw_without_rendering()  # the layout must be settled before labels are spread
        _label_levels(axes, diagrams)
    return figure


def _check_comparable(diagrams: Mapping[str, Pathway]) -> None:
    if not diagrams:
        raise InputError("no diagram: expected at least one system")
    conditions = {d.conditions for d in diagrams.values()}
    if len(conditions) > 1:
        raise InputError(f"diagrams at different conditions ({'; '.join(sorted(conditions))})")
    lengths = {name: len(d.steps) for name, d in diagrams.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"diagrams with different numbers of states: {lengths}")


def _draw_pathway(axes: Axes, diagram: Pathway, shade: str) -> None:
    """Plateaus, thin connectors, and the limiting step's connector in bold."""
    limiting = diagram.limiting_step
    _draw_band(axes, diagram, shade)
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


def _draw_band(axes: Axes, diagram: Pathway, shade: str) -> None:
    """Shade one spread of a committee up and down, along plateaus and connectors."""
    if not diagram.members:
        return
    places = np.add.outer(np.arange(len(diagram.steps)), [-PLATEAU, PLATEAU]).ravel()
    levels, spreads = (np.repeat(each, 2) for each in (diagram.levels, diagram.spreads))
    axes.fill_between(
        places, levels - spreads, levels + spreads, color=shade, alpha=BAND, lw=0, zorder=1
    )


def _draw_common_levels(axes: Axes, diagrams: Mapping[str, Pathway]) -> None:
    """Grey over the plateaus that several systems share, so that none seems to be missing."""
    levels = np.array([d.levels for d in diagrams.values()])
    for i in np.flatnonzero(np.ptp(levels, axis=0) < SAME):
        if len(levels) > 1:
            axes.plot(
                [i - PLATEAU, i + PLATEAU],
                levels[:2, i],
                color="0.25",
                lw=1.8,
                zorder=4,
                solid_capstyle="butt",
            )


def _dress_diagram(axes: Axes, diagrams: Mapping[str, Pathway]) -> None:
    """Axes, ticks and a little air for the numbers."""
    columns = zip(*(d.steps for d in diagrams.values()), strict=True)
    names = [
        "\n".join(chemical_label(label) for label in dict.fromkeys(s.label for s in column))
        for column in columns
    ]
    axes.set_xticks(range(len(names)), names)
    axes.tick_params(axis="x", length=0, pad=3)
    axes.set_xlim(-0.55, len(names) - 0.45)
    levels = np.concatenate(
        [d.levels + sign * np.array(d.spreads) for d in diagrams.values() for sign in (-1, 1)]
    )
    span = max(float(np.ptp(levels)), 0.2)
    axes.set_ylim(levels.min() - 0.12 * span, levels.max() + 0.16 * span)
    axes.axhline(0, color="0.8", lw=0.5, zorder=0)
    axes.set_ylabel("Free energy (eV)")
    axes.spines[["top", "right"]].set_visible(False)


def _diagram_legend(
    axes: Axes, figure: Figure, diagrams: Mapping[str, Pathway], inside: bool
) -> None:
    """Name the systems with their limiting potentials."""
    from matplotlib.lines import Line2D

    columns = _legend_columns(diagrams, figure.get_figwidth())
    between = "\n" if columns == len(diagrams) else ":  "
    handles = []
    for index, (name, diagram) in enumerate(diagrams.items()):
        text = between.join(part for part in (rich(name), _potentials(diagram)) if part)
        handles.append(Line2D([], [], color=colour(index), lw=1.8, label=text))
    first = next(iter(diagrams.values()))
    acid = f", pH {first.pH:g}" if first.scale == "SHE" else ""
    options = {
        "handles": handles,
        "title": f"U = {number(first.U)} V vs {first.scale}{acid}",
        "title_fontsize": 6.5,
        "ncols": columns,
        "handlelength": 1.2,
        "columnspacing": 1.2,
        "borderaxespad": 0.2,
        "labelspacing": 0.3,
    }
    if inside:
        axes.add_artist(axes.legend(**options))
    else:
        figure.legend(loc="outside upper center", **options)
    _band_legend(axes, diagrams)


def _band_legend(axes: Axes, diagrams: Mapping[str, Pathway]) -> None:
    """Say what the bands are, where there are any."""
    from matplotlib.patches import Patch

    sizes = sorted({len(d.members) for d in diagrams.values() if d.members})
    if not sizes:
        return
    text = f"± 1 sample standard deviation\nof {' or '.join(map(str, sizes))} members"
    band = Patch(color="0.4", alpha=BAND, lw=0, label=text)
    axes.legend(handles=[band], loc="best", fontsize=LABEL_SIZE, handlelength=1.2)


def _potentials(diagram: Pathway) -> str:
    """Write limiting potential and overpotential, each with † where it rests on flagged states."""
    U_L, eta = diagram.limiting_potential, diagram.overpotential
    if U_L is None:
        return ""
    limit = _volts(U_L, diagram.change_flags(diagram.limiting_step))
    text = f"$U_\\mathrm{{L}}$ = {limit}"
    return text if eta is None else f"{text}, $\\eta$ = {_volts(eta, diagram.overpotential_flags)}"


def _volts(value: float, flags: tuple[Flag, ...]) -> str:
    """Write a potential with ± what a committee's members differ by, and †."""
    marked = Marked(value, flags)
    return f"{number(float(value))}{marked.plus_minus('.2f')} V{marked.mark}"


def _legend_columns(names: Collection[str], width: float) -> int:
    """All entries side by side, each on two lines, if they fit in ``width`` inches; else one."""
    longest = max(24, *(len(name) for name in names))  # the potentials below the name are 24 wide
    fits = len(names) * (longest * 3.7 + 20) < width * 72 - 10
    return len(names) if fits else 1


def _legend_height(names: Collection[str], width: float) -> float:
    """Inches the legend takes up beyond a single row of entries."""
    return 0.0 if _legend_columns(names, width) == len(names) else 0.13 * (len(names) - 1)


def _label_levels(axes: Axes, diagrams: Mapping[str, Pathway]) -> None:
    """Write G at every plateau, stacked where plateaus are closer than the text is high."""
    for _ in range(4):  # the room the labels need depends on the scale, which it changes
        labels = _stacked(diagrams, _data_per_point(axes))
        need = max(y for _, y, _, _ in labels) + LABEL_SIZE * 1.4 * _data_per_point(axes)
        low, high = axes.get_ylim()
        if need <= high:
            break
        axes.set_ylim(low, need)
    for x, y, text, shade in labels:
        _write(axes, x, y, text, shade)


def _stacked(
    diagrams: Mapping[str, Pathway], per_point: float
) -> list[tuple[int, float, str, str]]:
    """State, bottom edge (eV), text and colour of every number, at ``per_point`` eV per point."""
    labels = []
    for i in range(len(next(iter(diagrams.values())).steps)):
        levels = [float(d.levels[i]) for d in diagrams.values()]
        if i == 0:
            continue  # the zero of the scale needs no number
        daggers = [Marked("", d.level_flags(i)).mark for d in diagrams.values()]
        if len(levels) > 1 and np.ptp(levels) < SAME:
            text = number(levels[0]) + max(daggers)  # one grey plateau, one number
            labels.append((i, levels[0] + 1.6 * per_point, text, "0.25"))
            continue
        heights = stack_labels(levels, LABEL_SIZE * 1.15 * per_point, 1.6 * per_point)
        for k, (level, y) in enumerate(zip(levels, heights, strict=True)):
            labels.append((i, y, number(level) + daggers[k], colour(k)))
    return labels


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


def _diagram_caption(diagrams: Mapping[str, Pathway]) -> list[str]:
    """Level, conditions, references, flags and caveats, each once."""
    members = diagrams.values()
    levels = ", ".join(dict.fromkeys(d.level for d in members if d.level))
    parts = [levels, next(iter(members)).conditions, "Bold connector: limiting step"]
    flagged = _flagged(diagrams)
    parts += [f"{FLAGGED}: " + "; ".join(flagged)] if flagged else []
    references = list(dict.fromkeys(text for d in members for text in d.references))
    more = ["References: " + "; ".join(references)] if references else []
    caveats = (text for d in members for text in d.caveats)
    return [*parts, details(*more, *_equilibria(diagrams), *caveats)]


def _equilibria(diagrams: Mapping[str, Pathway]) -> list[str]:
    """Return the equilibrium potential, which overpotentials are against, and the measured one."""
    found: dict[str, list[str]] = {}
    for name, d in diagrams.items():
        if d.equilibrium_potential is not None:
            flags = d.equilibrium_flags
            text = number(d.equilibrium_potential) + Marked("", flags).mark
            found.setdefault(text, []).append(name.split(":")[0])
    if not found:
        return []
    listed = ", ".join(
        f"{text} V" + (f" ({', '.join(who)})" if len(found) > 1 else "")
        for text, who in found.items()
    )
    measured = next(iter(diagrams.values())).measured_equilibrium
    beside = "" if measured is None else f", measured {number(measured)} V"
    return [f"η against the equilibrium potential of the overall reaction, {listed}{beside}"]


def _flagged(diagrams: Mapping[str, Pathway]) -> list[str]:
    """Names of the flags by system and state; systems with the same ones share an entry."""
    short = {name: name.split(":")[0] for name in diagrams}
    if len(set(short.values())) < len(short):
        short = {name: name for name in diagrams}
    systems: dict[str, list[str]] = {}
    for name, diagram in diagrams.items():
        states = [
            (s.label, (*s.flags, *disagreement(s.label, diagram.level_of(i))))
            for i, s in enumerate(diagram.steps)
        ]
        states += [(c.label, disagreement(c.label, c.delta_g)) for c in diagram.changes]
        states.append(("whole path:", diagram.flags))
        doubts = [
            f"{label} {', '.join(dict.fromkeys(f.name for f in flags))}".strip()
            for label, flags in states
            if flags
        ]
        if doubts:
            systems.setdefault(", ".join(doubts), []).append(short[name])
    return [": ".join(t for t in (", ".join(who), what) if t) for what, who in systems.items()]
