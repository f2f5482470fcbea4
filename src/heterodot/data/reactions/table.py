"""The reaction paths by name.

A further path is a further entry here, or from outside ``add_path(ReactionPath(…))``.
"""

from __future__ import annotations

from heterodot.data.reactions.path import PathStep, ReactionPath
from heterodot.errors import InputError

_TABLE = (
    ReactionPath(
        "CO2-to-CO",
        (
            PathStep("CO2", takes={"CO2": 1}),
            PathStep("COOH", electrons=1),
            PathStep("CO", electrons=1, releases={"H2O": 1}),
            PathStep(None, releases={"CO": 1}),
        ),
        source="A. A. Peterson et al., Energy Environ. Sci. 2010, 3, 1311, doi:10.1039/c0ee00071j",
    ),
    ReactionPath(
        "HER",
        (
            PathStep("H", electrons=1),
            PathStep(None, electrons=1, releases={"H2": 1}),
        ),
        source="J. K. Nørskov et al., J. Electrochem. Soc. 2005, 152, J23, doi:10.1149/1.1856988",
    ),
)

REACTION_PATHS: dict[str, ReactionPath] = {path.name: path for path in _TABLE}
"""The paths by name."""


def add_path(path: ReactionPath) -> None:
    """Put a path of your own into the table, for this process.

    Raises
    ------
    InputError
        A name that is taken.
    """
    if REACTION_PATHS.get(path.name, path) is not path:
        raise InputError(
            f"path {path.name!r}: the table has one of that name, expected another name"
        )
    REACTION_PATHS[path.name] = path


def reaction_path(path: str | ReactionPath) -> ReactionPath:
    """Return a path given by its name, or as it is.

    Raises
    ------
    InputError
        If the table has none of that name.
    """
    if isinstance(path, ReactionPath):
        return path
    if path not in REACTION_PATHS:
        raise InputError(f"path {path!r}: expected one of {', '.join(REACTION_PATHS)}")
    return REACTION_PATHS[path]
