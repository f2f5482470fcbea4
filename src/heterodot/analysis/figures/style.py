"""One look for every figure: journal column width, colour-blind-safe colours, a caption below.

A caption has two lengths. At most three lines stand in the picture: level, conditions, what †
means. The long one is an attribute of the figure, and stands in the metadata of its files.

Figures are built from ``matplotlib.figure.Figure`` without pyplot, so that they work in worker
threads and never open a window.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from heterodot.checks import positive
from heterodot.data.flags import DAGGER
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

CAPTION_LINES = 3
"""Lines of a caption in the picture, at most."""

FLAGGED = f"{DAGGER} rests on a flagged state"
"""What stands in a picture where there is no room for the names of the flags."""

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


_FORMULAE = re.compile(r"\b(CO2|H2O|H2|O2|ZnCl2|CuInS2|MoS2|TiO2|CsPb(?:Br|Cl|I)3)\b")
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
        From :func:`join_caption`, or plain text. Three lines of it are drawn at most; all of it is
        the figure's ``long_caption``, and what is drawn its ``caption``.
    layout : {"constrained", None}
        What places the axes; None where the caller does, which saves a drawing for each file.
    """
    from matplotlib.figure import Figure

    width, height = positive(width, "width", "inch"), positive(height, "height", "inch")
    lines = _drawn_lines(caption, width)
    extra = _strip_height(len(lines))
    figure = Figure(figsize=(width, height + extra), layout=layout)
    engine = figure.get_layout_engine()
    if engine is not None:
        # The caption's strip is kept out of the layout's reach.
        share = extra / (height + extra)
        engine.set(w_pad=0.03, h_pad=0.03, rect=(0, share, 1, 1 - share))  # type: ignore[call-arg]
    if lines:
        figure.text(
            0.06 / width,
            0.03 / (height + extra),
            "\n".join(rich(line) for line in lines),
            size=CAPTION_SIZE,
            ha="left",
            va="bottom",
            color="0.25",
            linespacing=1.25,
        )
    set_captions(figure, " ".join(lines), typeset(caption))
    return figure


def set_captions(figure: Figure, caption: str, long_caption: str) -> None:
    """Give a figure its ``caption``, as drawn, and its ``long_caption``, for page and metadata."""
    for name, text in (("caption", caption), ("long_caption", long_caption)):
        setattr(figure, name, text)


def captions_of(figure: Figure) -> tuple[str, str]:
    """Return the caption in a figure and the long one; empty where a figure has none."""
    return str(getattr(figure, "caption", "")), str(getattr(figure, "long_caption", ""))


def caption_height(width: float, caption: str) -> float:
    """Inches that the caption takes up in a figure of ``width`` inches."""
    return _strip_height(len(_drawn_lines(caption, width)))


def _strip_height(n_lines: int) -> float:
    return n_lines * CAPTION_SIZE * 1.3 / 72 + 0.06 if n_lines else 0.0


class Caption(str):
    """A caption, whole as a string; its sentences know how they are said in a picture.

    Attributes
    ----------
    sentences : tuple of (str, str)
        Each whole, and short: empty where it is only for the long caption.
    """

    sentences: tuple[tuple[str, str], ...]

    def __new__(cls, sentences: Iterable[tuple[str, str]]) -> Caption:
        """Join sentences, each once."""
        kept = tuple(dict.fromkeys(sentences))
        caption = super().__new__(cls, " ".join(dict.fromkeys(whole for whole, _ in kept)))
        caption.sentences = kept
        return caption


def join_caption(parts: Iterable[str]) -> Caption:
    """Join sentences, each once and each ended with a full stop.

    Parameters
    ----------
    parts : iterable of str
        The most important first: what finds no room in a picture is left to the long caption. Those
        from :func:`details` are never drawn; those that begin with † say at least that it marks
        what rests on a flagged state.
    """
    return Caption(sentence for part in parts for sentence in _sentences(part))


def details(*parts: str) -> Caption:
    """Return sentences of a caption that only its long form has."""
    return Caption((whole, "") for whole, _ in join_caption(parts).sentences)


def _sentences(part: str) -> tuple[tuple[str, str], ...]:
    if isinstance(part, Caption):
        return part.sentences
    text = part.strip()
    if not text:
        return ()
    whole = _ended(text)
    return ((whole, _ended(FLAGGED) if text.startswith(DAGGER) else whole),)


def _ended(text: str) -> str:
    return text if text[-1] in ".!?" else f"{text}."


def _drawn_lines(caption: str, width: float) -> list[str]:
    """Return the lines of a caption in a picture of ``width`` inches: three at most.

    Sentences are shortened from the last to the first, then left out from the last, those on † only
    when nothing else is left.
    """
    whole = caption.strip()  # of plain text nothing is changed
    sentences = caption.sentences if isinstance(caption, Caption) else ((whole, whole),)
    drawn = [pair for pair in sentences if pair[1]]

    def lines(texts: Iterable[str]) -> list[str]:
        said = " ".join(dict.fromkeys(texts))
        return wrap(typeset(said), width - 0.12) if said else []

    texts = [whole for whole, _ in drawn]
    for rank in reversed(range(len(drawn))):
        if len(lines(texts)) <= CAPTION_LINES:
            return lines(texts)
        texts[rank] = drawn[rank][1]
    while len(texts) > 1 and len(lines(texts)) > CAPTION_LINES:
        last = [k for k, text in enumerate(texts) if not text.startswith(DAGGER)] or [
            len(texts) - 1
        ]
        del texts[last[-1]]
    found = lines(texts)
    if len(found) > CAPTION_LINES:
        found = [*found[: CAPTION_LINES - 1], f"{found[CAPTION_LINES - 1].rstrip('.,;')} …"]
    return found


def save_figure(figure: Figure, stem: str | Path) -> tuple[Path, Path]:
    """Write a figure as ``stem.png`` (300 dpi) and ``stem.svg``, its long caption in both.

    The caption is the text chunk ``Description`` of the PNG, and in the metadata of the SVG.

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
    long_caption = captions_of(figure)[1]
    said = {"Description": long_caption} if long_caption else {}
    try:
        with figure_style(), written_aside(png, svg) as (aside_png, aside_svg):
            figure.savefig(aside_png, dpi=300, metadata=said)
            figure.savefig(aside_svg, dpi=300, metadata={"Date": None, **said})
    except OSError as error:
        raise InputError(f"{base}: cannot be written ({error.strerror or error})") from error
    return png, svg
