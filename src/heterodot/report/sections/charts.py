"""Places for charts: page.js draws each, of the data the page holds, when it comes into view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from heterodot.report.markup import Markup, tag


def places(charts: Iterable[dict[str, Any]]) -> list[Markup]:
    """Return a place for each chart."""
    return [tag("div", class_="chart", data_chart=chart["name"]) for chart in charts]
