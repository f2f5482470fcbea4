"""Where a figure is drawn: axes of its own with a caption below, or axes that the caller gives.

Every figure function takes its data, ``ax=`` (``axes=`` where it has several panels) and
``caption=``, and returns the matplotlib Figure; :func:`heterodot.analysis.save_figure` saves. In
given axes no caption is written: the room below belongs to whoever made the figure.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from heterodot.analysis.figures.style import captioned_figure, save_figure
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Drawing = TypeVar("Drawing", bound=Callable[..., Any])


def figure_of(axes: Axes) -> Figure:
    """Return the figure that axes belong to, the outermost one."""
    from matplotlib.figure import Figure

    figure = axes.get_figure(root=True)
    if not isinstance(figure, Figure):
        raise InputError("ax belongs to no figure: expected axes of one")
    return figure


def axes_for(ax: Axes | None, width: float, height: float, caption: str) -> tuple[Figure, Axes]:
    """Return a figure and the axes to draw in.

    Parameters
    ----------
    ax : matplotlib Axes, optional
        Given by the caller; a new figure with the caption below unless given.
    width, height : float
        Of a new figure, inches, without the caption.
    caption : str
    """
    if ax is not None:
        return figure_of(ax), ax
    figure = captioned_figure(width, height, caption)
    return figure, figure.add_subplot()


def panels_for(
    axes: Sequence[Axes] | None,
    number: int,
    width: float,
    height: float,
    caption: str,
    **arrangement: Any,
) -> tuple[Figure, list[Axes]]:
    """Return a figure and the panels to draw in.

    Parameters
    ----------
    axes : sequence of matplotlib Axes, optional
        Given by the caller, as many as there are panels, from the top to the bottom (or from left
        to right).
    number : int
        Of panels.
    width, height : float
        Of a new figure, inches, without the caption.
    caption : str
    **arrangement
        For ``Figure.subplots`` of a new one; one below the other on a common x unless it says so.

    Raises
    ------
    InputError
        Another number of axes than there are panels.
    """
    if axes is not None:
        check_panels(axes, number)
        return figure_of(axes[0]), list(axes)
    figure = captioned_figure(width, height, caption)
    arrangement = arrangement or {"nrows": number, "sharex": True}
    return figure, list(figure.subplots(squeeze=False, **arrangement).flat)


def check_panels(axes: Sequence[Axes], number: int) -> None:
    """Refuse another number of axes than a figure has panels."""
    if len(axes) != number:
        raise InputError(f"axes: given {len(axes)}, expected {number}, one for each panel")


def legend_above(figure: Figure, axes: Axes, given: bool, **options: Any) -> None:
    """Put the legend above a new figure; inside the axes that the caller gave."""
    if given:
        axes.legend(loc="best", **options)
    else:
        figure.legend(loc="outside upper center", **options)


def label_panels(figure: Figure, panels: Sequence[Axes], given: bool, text: str) -> None:
    """Put one label on y beside all panels of a new figure; on each that the caller gave."""
    if given:
        for axes in panels:
            axes.set_ylabel(text)
    else:
        figure.supylabel(text, size=7.5)


def centre_label(figure: Figure, panels: Sequence[Axes]) -> None:
    """Put the label on y beside the middle of the panels, once everything else has its place."""
    label = getattr(figure, "_supylabel", None)
    if label is None:
        return
    figure.draw_without_rendering()
    boxes = [panel.get_position() for panel in panels]
    label.set_y(0.5 * (min(box.y0 for box in boxes) + max(box.y1 for box in boxes)))


def formerly_saved(*order: str) -> Callable[[Drawing], Drawing]:
    """Let a figure function be called as before for one version: with ``path``, and by position.

    Parameters
    ----------
    *order : str
        What came after the data when it could be given by position, ``path`` among it: the stem
        of the PNG and SVG that were written.
    """

    def decorate(drawing: Drawing) -> Drawing:
        positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
        kinds = [p.kind for p in inspect.signature(drawing).parameters.values()]
        n_data = kinds.count(positional)

        @functools.wraps(drawing)
        def drawn(*args: Any, **keywords: Any) -> Any:
            further = args[n_data:]
            if len(further) > len(order) or set(order[: len(further)]) & set(keywords):
                return drawing(*args, **keywords)  # Python's own error says what is wrong
            keywords = {**dict(zip(order, further, strict=False)), **keywords}
            if further or "path" in keywords:
                message = (
                    f"{drawing.__name__}: draw with {', '.join(x for x in order if x != 'path')} "
                    "by name, and save by save_figure(figure, path); the old way goes with the "
                    "next version"
                )
                warnings.warn(message, DeprecationWarning, stacklevel=2)
            path = keywords.pop("path", None)
            figure = drawing(*args[:n_data], **keywords)
            if path is not None:
                save_figure(figure, path)
            return figure

        return drawn  # type: ignore[return-value]

    return decorate
