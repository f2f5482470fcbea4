"""Answers without a chart of their own show the figures that were drawn of them."""

from __future__ import annotations

import pytest

from heterodot.report import write_report
from heterodot.workflows.study import Study

STUDY = """
heterodot: 1
title: Copper
systems:
  copper: {build: [{crystal: Cu}]}
levels: {emt: {code: emt}}
questions:
  - {equation_of_state: {}, levels: emt}
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "study.yaml").write_text(STUDY)
    found = Study.load(folder / "study.yaml").run(folder / "results")
    assert not found.errors
    return found


def drawn_of(result):
    """The one figure of the one answer."""
    ((name, answer),) = result.results.items()
    (stem,) = answer.figures(name.replace("/", "-"))
    return result.folder / "figures" / f"{stem}.svg"


def test_drawn_figures_stand_in_the_page_and_ask_nothing_of_others(result):
    page = write_report(result).read_text("utf-8")
    figure = drawn_of(result)
    assert page.count('class="drawn"') == 1
    assert f"<code>{figure.name}</code>" in page
    assert 'src="data:image/svg+xml;base64,' in page


def test_a_link_among_the_figures_is_not_followed_and_a_missing_one_not_missed(result, tmp_path):
    figure = drawn_of(result)
    kept = figure.read_bytes()
    figure.unlink()
    assert 'class="drawn"' not in write_report(result).read_text("utf-8")
    (tmp_path / "secret.svg").write_bytes(kept)
    figure.symlink_to(tmp_path / "secret.svg")
    assert 'class="drawn"' not in write_report(result).read_text("utf-8")


def test_figures_beyond_the_most_are_counted(result, monkeypatch):
    path = drawn_of(result)
    path.unlink(missing_ok=True)
    path.write_text("<svg/>")
    monkeypatch.setattr("heterodot.report.pictures.MOST_FIGURES", 0)
    page = write_report(result).read_text("utf-8")
    assert "0 of 1 figures; the others are in the folder figures." in page
