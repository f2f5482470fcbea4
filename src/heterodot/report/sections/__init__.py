"""The sections of the page, in their order; each module renders one, empty where it has nothing."""

from heterodot.report.sections import (
    answers,
    citing,
    convergence,
    downloads,
    history,
    levels,
    references,
    views,
)

SECTIONS = (answers, views, references, convergence, levels, downloads, citing, history)
"""Modules with ``TITLE``, ``ANCHOR`` and ``render(contents)``."""
