"""A run in which nothing changed redraws nothing and does nothing; what changed is drawn alone."""

import functools
import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms

from heterodot.cli import main
from heterodot.errors import StoreError
from heterodot.workflows.study import Study
from heterodot.workflows.study.drawing.digests import Digests
from heterodot.workflows.study.drawing.writing import write_figures
from heterodot.workflows.study.kept.unchanged import find_unchanged

STUDY = """\
heterodot: 1
title: Two pairs
systems:
  near: {file: near.extxyz}
  far: {file: far.extxyz, label: LABEL}
levels: {emt: {code: emt}}
questions: [relaxation: {}]
output: results  # beside the study
"""


def _study(folder: Path, label: str = "farther") -> Path:
    for name, distance in (("near", 2.2), ("far", 2.5)):
        Atoms("Cu2", [[0, 0, 0], [0, 0, distance]]).write(folder / f"{name}.extxyz")
    path = folder / "study.yaml"
    path.write_text(STUDY.replace("LABEL", label))
    return path


def _run(path: Path, *more: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["run", str(path), "--workers", "1", *more])
    return left.value.code


def _times(folder: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}


@pytest.fixture(scope="module")
def answered(tmp_path_factory) -> Path:
    """The study, answered once by the command; its folder is copied by who changes it."""
    path = _study(tmp_path_factory.mktemp("pairs"))
    assert _run(path) == 0
    return path


@pytest.fixture
def copied(answered, tmp_path) -> Path:
    subprocess.run(["cp", "-a", f"{answered.parent}/.", str(tmp_path)], check=True)
    return tmp_path / "study.yaml"


def test_what_is_answered_is_answered_again_from_what_is_there(copied, capsys):
    before = _times(copied.parent / "results" / "figures")
    table = (copied.parent / "results" / "table.txt").read_text()
    # a fresh interpreter: what an unchanged run must not load, it does not load
    code = (
        f"import sys; from heterodot.cli import main\ntry:\n    main(['run', {str(copied)!r}])\n"
        "finally:\n    heavy = {'ase', 'numpy', 'matplotlib', 'yaml', 'scipy'}\n"
        "    print(sorted(heavy & sys.modules.keys()), file=sys.stderr)"
    )
    began = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == table
    assert "0 tasks calculated, 2 taken from the store" in run.stderr
    assert run.stderr.splitlines()[-1] == "[]"
    assert time.perf_counter() - began < 10  # a second on a machine that does nothing else
    assert _times(copied.parent / "results" / "figures") == before


def _touch(path: Path) -> None:
    path.write_text(path.read_text() + "\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: _touch(folder / "study.yaml"),
        lambda folder: _touch(folder / "near.extxyz"),
        lambda folder: (folder / "results" / "table.txt").unlink(),
        lambda folder: (folder / "results" / "figures" / "near.png").unlink(),
        lambda folder: next((folder / "results" / "store" / "results").glob("*/*.json")).unlink(),
        lambda folder: (folder / "results" / ".unchanged.json").write_text("[]"),
        lambda folder: (folder / "results" / "more.txt").write_text("?"),
    ],
)
def test_any_change_is_seen(copied, change):
    assert find_unchanged(copied) is not None
    assert find_unchanged(copied, copied.parent / "elsewhere") is None
    change(copied.parent)
    assert find_unchanged(copied) is None


def test_only_what_changed_is_drawn(copied):
    """The label stands above the pictures of one system: those are drawn, not the other's."""
    before = _times(copied.parent / "results" / "figures")
    _study(copied.parent, "farther still")
    assert _run(copied) == 0
    after = _times(copied.parent / "results" / "figures")
    drawn = {name for name in after if after[name] != before.get(name)}
    names = ("far", "far-relaxation-relaxed")
    assert drawn == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}


def test_a_failure_is_tried_again(tmp_path, monkeypatch):
    path = _study(tmp_path)
    (tmp_path / "far.extxyz").write_text("2\n\nCu 0 0 0\nCs 0 0 3\n")  # no element of EMT
    path.write_text(path.read_text().replace("emt: {code: emt}", "lj: {code: lj}"))
    from heterodot.workflows.tasks.tasks import Relax

    def fail(self, *_):
        raise ZeroDivisionError

    monkeypatch.setattr(Relax, "solve", fail)
    assert _run(path) == 1
    assert find_unchanged(path) is None


# -- what a drawing is made of -----------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    value: float
    curve: np.ndarray
    atoms: Atoms

    def draw(self, title=""):
        return title


def test_a_digest_tells_data_and_nothing_else():
    answer = Answer(1.0, np.arange(3.0), Atoms("H2", [[0, 0, 0], [0, 0, 0.74]]))
    same = Answer(1.0, np.arange(3.0), Atoms("H2", [[0, 0, 0], [0, 0, 0.74]]))
    digest = Digests().of(functools.partial(answer.draw, title="a"))
    assert digest == Digests().of(functools.partial(same.draw, title="a"))
    others = [
        functools.partial(answer.draw, title="b"),
        functools.partial(replace(answer, value=2.0).draw, title="a"),
        functools.partial(replace(answer, curve=np.arange(3)).draw, title="a"),
        functools.partial(replace(answer, curve=answer.curve + 1e-9).draw, title="a"),
        functools.partial(replace(answer, atoms=Atoms("H2", [[0, 0, 0], [0, 0, 0.75]])).draw),
    ]
    assert len({digest, *(Digests().of(other) for other in others)}) == 6
    assert Digests().of(lambda: answer) == ""  # may hold anything: drawn each time


def _blank(text: str):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(0.5, 0.5))
    figure.text(0, 0, text)
    return figure


def _fails(text: str):
    raise StoreError(text)


def test_figures_are_drawn_side_by_side_once(tmp_path, monkeypatch):
    (tmp_path / "figures").mkdir()
    drawings = {f"f{n}": functools.partial(_blank, str(n)) for n in range(4)}
    drawings["no"] = functools.partial(_fails, "nothing to draw")
    monkeypatch.setattr("heterodot.workflows.study.drawing.writing.usable_processors", lambda: 2)
    assert write_figures(drawings, tmp_path, processes=2) == 5
    assert len(list((tmp_path / "figures").glob("*.svg"))) == 4
    assert (tmp_path / "figures" / "no.txt").read_text() == "not drawn: nothing to draw\n"
    assert write_figures(drawings, tmp_path, processes=2) == 0
    (tmp_path / "figures" / "f3.svg").unlink()
    assert write_figures(drawings, tmp_path) == 1
    stamp = json.loads((tmp_path / ".figures.json").read_text())
    assert set(stamp["drawn"]) == set(drawings)
    assert (tmp_path / "figures" / "f3.svg").exists()
    place = "heterodot.workflows.study.drawing.writing"
    monkeypatch.setattr(f"{place}.drawing_version", lambda: "a new style")
    assert write_figures(drawings, tmp_path) == 5


def test_a_figure_that_cannot_be_written_is_said_from_any_process(tmp_path, monkeypatch):
    monkeypatch.setattr("heterodot.workflows.study.drawing.writing.usable_processors", lambda: 2)
    drawings = {f"f{n}": functools.partial(_blank, str(n)) for n in range(4)}
    with pytest.raises(StoreError, match="does not exist"):
        write_figures(drawings, tmp_path / "gone", processes=2)


def test_the_results_know_their_tasks(copied):
    result = Study.load(copied).run(executor="serial")
    assert len(result.keys) == 2
    assert all(key in {p.stem for p in (copied.parent / "results").rglob("*.json")}
               for key in result.keys)  # fmt: skip


def test_what_is_left_is_counted_and_timed(copied, capsys):
    """Of two relaxations one is there; the time is from what that one took."""
    assert _run(copied, "--check") == 0
    assert "2 tasks at most, 2 of them finished: nothing is left" in capsys.readouterr().err
    index = copied.parent / "results" / "store" / "index.jsonl"
    lines = [json.loads(line) for line in index.read_text().splitlines()]
    record = next((copied.parent / "results" / "store" / "results").glob("*/*.json"))
    record.unlink()
    kept = [[*line[:5], 100.0, *line[6:]] for line in lines if line[0] != record.stem]
    index.write_text("".join(json.dumps(line) + "\n" for line in kept))  # 100 s, it says
    before = _times(copied.parent / "results" / "store")
    assert _run(copied, "--check") == 0
    said = capsys.readouterr().err
    assert "2 tasks at most, 1 of them finished: about 2 min of one processor" in said
    assert "relax by emt: from what 1 finished here took" in said
    assert _times(copied.parent / "results" / "store") == before
    assert _run(copied, "--check", "-o", str(copied.parent / "elsewhere")) == 0
    said = capsys.readouterr().err
    # 60 energies of 0.003 s at 50 atoms, for two atoms, twice
    assert "2 tasks at most: about 0 s of one processor" in said
    assert "0.003 s an energy and forces at 50 atoms" in said
    assert not (copied.parent / "elsewhere").exists()
