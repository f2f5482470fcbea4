"""Studies: systems × levels × questions, written as YAML and answered in one go."""

from typing import TYPE_CHECKING

from heterodot.lazy import lazy

if TYPE_CHECKING:
    from heterodot.workflows.study.cases import Case as Case
    from heterodot.workflows.study.cases import System as System
    from heterodot.workflows.study.plan import Study as Study
    from heterodot.workflows.study.results import StudyResult as StudyResult
    from heterodot.workflows.study.rows import Row as Row

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "cases": "Case System",
        "plan": "Study",
        "results": "StudyResult",
        "rows": "Row",
    },
)
