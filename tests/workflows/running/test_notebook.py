"""In a notebook a run shows how far it is, and what it gives shows itself: a real kernel."""

import pytest
from ase import Atoms

from heterodot.workflows import Event
from heterodot.workflows.running.progress import NotebookProgress, in_notebook, usual_progress

CELLS = (
    """\
from heterodot import load_results, view
from heterodot.workflows.study import Study
found = Study.load("study.yaml").run(workers=1)
found""",
    "load_results('study-results')['pair'].relaxation",
    "from heterodot.analysis import picture\npicture(load_results('study-results')['pair'].atoms)",
)

STUDY = """\
heterodot: 1
title: A <pair>
systems: {pair: {file: pair.extxyz}}
levels: {emt: {code: emt}}
questions: [relaxation: {}]
"""


class Handle:
    def __init__(self):
        self.shown = []

    def update(self, bundle, raw):
        assert raw
        self.shown.append(bundle)


def test_the_line_renews_itself_and_keeps_failures(monkeypatch):
    handle, times = Handle(), iter(range(100))
    module = "heterodot.workflows.running.progress"
    monkeypatch.setattr(f"{module}._displayed", lambda bundle: handle)
    follow = NotebookProgress(workers=1, clock=lambda: float(next(times)))
    follow(Event("planned", n_planned=2))
    assert handle.shown == []  # nothing to be seen before something is calculated
    follow(Event("submitted", "a <relax>", "k1", n_planned=2))
    assert "a &lt;relax&gt;" in handle.shown[-1]["text/html"]
    follow(Event("failed", "a <relax>", "k1", n_done=1, n_planned=2, message="no <end>"))
    assert "no &lt;end&gt;" in handle.shown[-1]["text/html"]
    follow(Event("finished", "b", "k2", n_done=2, n_planned=2))
    assert "2 of at most 2 tasks" in handle.shown[-1]["text/plain"]
    assert "no &lt;end&gt;" in handle.shown[-1]["text/html"]


def test_outside_of_a_notebook_nothing_is_shown(capsys):
    assert not in_notebook()
    usual_progress()(Event("finished", "b", "k2", n_done=2, n_planned=2))
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_a_notebook_shows_progress_and_results(tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    Atoms("Cu2", [[0, 0, 0], [0, 0, 2.5]]).write(tmp_path / "pair.extxyz")
    (tmp_path / "study.yaml").write_text(STUDY)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    client = nbclient.NotebookClient(book, timeout=120, kernel_name="python3")
    client.execute(cwd=str(tmp_path))
    run, read, drawn = ([o.data for o in cell.outputs if "data" in o] for cell in book.cells)
    assert "1 of at most 1 tasks" in run[0]["text/html"]
    assert "A &lt;pair&gt;" in run[-1]["text/html"]
    assert "E (eV)" in read[-1]["text/html"]
    assert read[-1]["text/plain"].startswith("Cu2: E = ")  # the summary, no list of arrays
    assert "image/png" in drawn[-1]
