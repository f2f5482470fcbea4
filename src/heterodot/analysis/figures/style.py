"""One look for every figure: journal column width, colour-blind-safe colours, a caption below.

Figures are built from ``matplotlib.figure.Figure`` without pyplot, so that they work in worker
threads and never open a window.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from heterodot.checks import positive
from heterodot.errors import InputError
from heterodot.paths import refuse_no_file, user_path
from heterodot.writing import written_aside

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMN = 3.3
"""Width of a journal column, inches."""

PAGE = 6.9
"""Width of two columns, inches."""

CAPTION_SIZE = 5.5
"""Points."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Safe for colour-blind readers (M. Okabe, K. Ito, Color Universal Design, 2008)."""

RC: dict[str, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7.0,
    "mathtext.fontset": "dejavusans",
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.titlesize": 7.5,
    "axes.unicode_minus": True,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "patch.linewidth": 0.6,
    "figure.dpi": 300,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "heterodot",
    "text.usetex": False,
}
"""matplotlib settings; they hold inside :func:`figure_style` only."""


@contextmanager
def figure_style() -> Iterator[None]:
    """Apply the style while figures are made or saved; the caller's settings come back after.

    matplotlib's settings are global: draw from one thread at a time.
    """
    import matplotlib as mpl

    defaults: Any = mpl.rcParamsDefault
    settings: Any = {**defaults, **RC}
    settings.pop("backend", None)
    with mpl.rc_context(settings):
        yield


def colour(index: int) -> str:
    """Return the colour of the n-th system."""
    return COLOURS[index % len(COLOURS)]


def chemical_label(text: str) -> str:
    """Set the digits of a formula as subscripts: ``CO2(g)`` → ``CO$_2$(g)``."""
    return re.sub(r"(?<=[A-Za-z)])(\d+)", r"$_{\1}$", text)


_FORMULAE = re.compile(r"\b(CO2|H2O|H2|O2|CuInS2|MoS2|TiO2|CsPb(?:Br|Cl|I)3)\b")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def subscript(formula: str) -> str:
    """Set every digit of a formula as a subscript: ``Cu8In8S13`` → ``Cu₈In₈S₁₃``."""
    return formula.translate(_SUBSCRIPTS)


def typeset(text: str) -> str:
    """Set the formulae of running text with subscripts, arrows, and minus signs before digits.

    Only known formulae are touched, so that names such as GFN1-xTB stay as they are.
    """
    text = text.replace("->", "→")
    text = _FORMULAE.sub(lambda match: match.group(1).translate(_SUBSCRIPTS), text)
    return re.sub(r"(?<![\w.–-])-(?=\d)", "−", text)


_DEFECT = re.compile(r"\b([A-Z][a-z]?)_([A-Z][a-z]?|i)(['′]+|[•*×]+)?")


def rich(text: str) -> str:
    """Typeset a name for legends and titles: formulae, minus signs and Kröger–Vink defects.

    ``V_Cu'`` becomes V with the site as subscript and the charge as superscript.
    """

    def defect(match: re.Match[str]) -> str:
        species, site, charge = match.groups(default="")
        marks = {"'": r"\prime", "′": r"\prime", "•": r"\bullet", "*": r"\bullet", "×": r"\times"}
        upper = "".join(f"{marks[c]} " for c in charge)
        raised = f"^{{{upper.strip()}}}" if charge else ""
        return f"{species}$_{{\\mathrm{{{site}}}}}{raised}$"

    return _DEFECT.sub(defect, typeset(text).replace("$", r"\$"))


def number(value: float, digits: int = 2) -> str:
    """Write a number with a true minus sign and no negative zero."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def wrap(text: str, width: float, size: float = CAPTION_SIZE) -> list[str]:
    """Break text into lines of at most ``width`` inches at ``size`` points, by measured widths."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=RC["font.sans-serif"], size=size)

    def fits(line: str) -> bool:
        points, _, _ = text_to_path.get_text_width_height_descent(line, font, ismath=False)
        return float(points) <= width * 72

    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            trial = f"{line} {word}" if line else word
            if line and not fits(trial):
                lines.append(line)
                line = word
            else:
                line = trial
        lines.append(line)
    return lines


def captioned_figure(
    width: float,
    height: float,
    caption: str = "",
    layout: Literal["constrained"] | None = "constrained",
) -> Figure:
    """Return an empty figure with a caption below what will be drawn.

    Parameters
    ----------
    width, height : float
        Inches, without the caption: the figure grows by what its lines need.
    caption : str
        Level of theory, conditions, caveats.
    layout : {"constrained", None}
        What places the axes; None where the caller does, which saves a drawing for each file.
    """
    from matplotlib.figure import Figure

    width, height = positive(width, "width", "inch"), positive(height, "height", "inch")
    lines = wrap(typeset(caption), width - 0.12) if caption else []
    extra = _strip_height(len(lines))
    figure = Figure(figsize=(width, height + extra), layout=layout)
    figure._repr_png_ = partial(png, figure)  # type: ignore[attr-defined]
    engine = figure.get_layout_engine()
    if engine is not None:
        # The caption's strip is kept out of the layout's reach.
        share = extra / (height + extra)
        engine.set(w_pad=0.03, h_pad=0.03, rect=(0, share, 1, 1 - share))  # type: ignore[call-arg]
    if lines:
        figure.text(
            0.06 / width,
            0.03 / (height + extra),
            "\n".join(lines),
            size=CAPTION_SIZE,
            ha="left",
            va="bottom",
            color="0.25",
            linespacing=1.25,
            parse_math=False,
        )
    return figure


def caption_height(width: float, caption: str) -> float:
    """Inches that the caption takes up in a figure of ``width`` inches."""
    return _strip_height(len(wrap(typeset(caption), width - 0.12))) if caption else 0.0


def _strip_height(n_lines: int) -> float:
    return n_lines * CAPTION_SIZE * 1.3 / 72 + 0.06 if n_lines else 0.0


def join_caption(parts: Iterable[str]) -> str:
    """Join sentences, each once and each ended with a full stop."""
    unique = dict.fromkeys(part.strip() for part in parts if part and part.strip())
    return " ".join(part if part[-1] in ".!?" else f"{part}." for part in unique)


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG for the screen; a notebook without pyplot shows it by this."""
    buffer = io.BytesIO()
    with figure_style():
        figure.savefig(buffer, format="png", dpi=200)
    return buffer.getvalue()


def save_figure(figure: Figure, stem: str | Path) -> tuple[Path, Path]:
    """Write a figure as ``stem.png`` (300 dpi) and ``stem.svg``.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    stem : path
        Without suffix (``.png`` or ``.svg`` is taken off); its folder must exist.

    Returns
    -------
    (Path, Path)
        The PNG and the SVG.

    Both are there whole, or as they were before.

    Raises
    ------
    InputError
        The folder does not exist, or they cannot be written.
    """
    base = user_path(stem)
    if base.suffix in (".png", ".svg"):
        base = base.with_suffix("")
    if not base.parent.is_dir():
        raise InputError(f"folder {base.parent}: does not exist; create it first")
    png, svg = base.parent / f"{base.name}.png", base.parent / f"{base.name}.svg"
    for path in (png, svg):
        refuse_no_file(path)
    try:
        with figure_style(), written_aside(png, svg) as (aside_png, aside_svg):
            figure.savefig(aside_png, dpi=300)
            figure.savefig(aside_svg, dpi=300, metadata={"Date": None})
    except OSError as error:
        raise InputError(f"{base}: cannot be written ({error.strerror or error})") from error
    return png, svg
