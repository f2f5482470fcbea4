"""Studies: systems × levels × questions, written as YAML and answered in one go."""

from heterodot.workflows.study.cases import Case, Row
from heterodot.workflows.study.plan import Study
from heterodot.workflows.study.results import StudyResult
from heterodot.workflows.study.systems import System

__all__ = ["Case", "Row", "Study", "StudyResult", "System"]
