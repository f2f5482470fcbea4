"""The report: one HTML file that shows what a study asked, found, and doubts."""

from typing import TYPE_CHECKING

from heterodot.lazy import lazy

if TYPE_CHECKING:
    from heterodot.report.writing import report_page as report_page
    from heterodot.report.writing import write_report as write_report

__getattr__, __dir__, __all__ = lazy(__name__, {"writing": "report_page write_report"})
