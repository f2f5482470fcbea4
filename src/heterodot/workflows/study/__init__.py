"""Studies: systems × levels × questions, written as YAML and answered in one go."""

from heterodot.workflows.study.plan import Case, Study
from heterodot.workflows.study.results import Row, StudyResult
from heterodot.workflows.study.systems import System

__all__ = ["Case", "Row", "Study", "StudyResult", "System"]
