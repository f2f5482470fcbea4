"""The structures: a viewer for each system, its geometries as tabs, what is marked as a legend."""

from __future__ import annotations

from heterodot.data.flags import flag_names
from heterodot.report.contents import Contents, StructureView
from heterodot.report.markup import Markup, join, tag, typeset
from heterodot.report.tables import anchor

TITLE = "Structures"
ANCHOR = "structures"


def render(contents: Contents) -> Markup:
    """Return a viewer for each system."""
    hint = (
        "Drag to turn, Ctrl and scroll to come nearer, click an atom to read what it is. With the "
        "keyboard: arrows turn, + and − zoom, n and p go from atom to atom."
    )
    stages = [_stage(contents, name) for name in contents.systems]
    return join([tag("p", hint, class_="hint"), tag("div", stages, class_="stages")])


def _stage(contents: Contents, name: str) -> Markup:
    label = contents.systems[name].system.label
    views = [view for view in contents.views if view.system == name]
    place, formula = anchor(f"view-{name}"), views[0].data["formula"]
    return tag(
        "figure",
        tag("figcaption", tag("strong", typeset(label)), tag("span", typeset(formula))),
        tag("div", [_tab(view, n == 0) for n, view in enumerate(views)], class_="tabs",
            role="group", aria_label=f"Geometries of {label}"),
        tag("div", class_="canvas", tabindex="0", role="img",
            aria_label=f"{label}, {formula}, three-dimensional view"),
        tag("div", class_="legend"),
        tag("div", class_="picked", aria_live="polite"),
        tag("div", class_="controls"),
        id=place,
        class_="stage",
        data_system=name,
    )  # fmt: skip


def _tab(view: StructureView, first: bool) -> Markup:
    mark = tag("span", "†", title=", ".join(flag_names(view.flags))) if view.flags else None
    return tag(
        "button",
        typeset(view.title),
        mark,
        type="button",
        data_view=view.key,
        aria_pressed="true" if first else "false",
    )
