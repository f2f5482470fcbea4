"""Studies: systems × levels × questions, written as YAML and answered in one go."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heterodot.workflows.study.cases import Case, System
    from heterodot.workflows.study.plan import Study
    from heterodot.workflows.study.results import StudyResult
    from heterodot.workflows.study.rows import Row

_HOMES = {"Case": "cases", "Row": "rows", "Study": "plan", "StudyResult": "results"}
_HOMES["System"] = "cases"

__all__ = ["Case", "Row", "Study", "StudyResult", "System"]


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
