"""A bare page with charts on it, and a copper cluster whose CO2 diagram EMT gives in a moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from ase.cluster import Octahedron

import heterodot.report
from heterodot.calculators import Level
from heterodot.workflows import CO2Reduction, Runner

ASSETS = Path(heterodot.report.__file__).parent / "assets"
EMT = Level("emt")


def page(charts: Sequence[dict[str, Any]], tables: Sequence[dict[str, Any]] = ()) -> str:
    """Return a page that draws charts and tables, one after the other, in sections."""
    scripts = [*sorted((ASSETS / "charts").glob("*.js")), ASSETS / "tables.js"]
    style = (ASSETS / "charts" / "charts.css").read_text()
    data = json.dumps({"charts": charts, "tables": tables}, allow_nan=False).replace("</", "<\\/")
    source = "\n".join(path.read_text() for path in scripts)
    return f"""<!doctype html><meta charset="utf-8"><title>charts</title>
<style>body {{ font-family: system-ui; margin: 16px }} {style}</style><body>
<script type="application/json" id="data">{data}</script><script>{source}</script><script>
const data = JSON.parse(document.getElementById("data").textContent);
const put = (draw) => (one) => {{
  const section = document.createElement("section");
  document.body.append(section);
  draw(section, one);
}};
data.charts.forEach(put(heterodot.draw));
data.tables.forEach(put(heterodot.table));
</script>"""


@pytest.fixture
def shown(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    """Show charts and tables in the browser; what its console complains of fails the test."""

    def show(charts: Sequence[dict[str, Any]] = (), tables: Sequence[dict[str, Any]] = ()) -> Any:
        path = tmp_path / "page.html"
        path.write_text(page(charts, tables))
        browser.get_log("browser")
        browser.get(path.as_uri())
        assert not browser.get_log("browser")
        return browser

    return show


def copper() -> Any:
    return Octahedron("Cu", 3, cutoff=1)


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Runner(tmp_path_factory.mktemp("charts") / "store", executor="serial") as runner:
        yield runner


@pytest.fixture(scope="session")
def reduction(runner: Runner) -> Callable[..., Any]:
    """CO2 reduction on the cluster at other conditions, from the same calculations."""

    known: dict[str, Any] = {}

    def reduce(**more: Any) -> Any:
        key = json.dumps(more, sort_keys=True)
        if key not in known:
            question = CO2Reduction(copper(), 1, EMT, n_starts=1, steps=30, **more)
            known[key] = question.run(runner)
        return known[key]

    return reduce
