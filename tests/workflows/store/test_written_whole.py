"""Files for people are there whole or not at all, and nothing is left lying by who was killed."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ase import Atoms
from ase.io import write

from heterodot.analysis.figures.style import save_figure
from heterodot.cli import main
from heterodot.errors import InputError, StudyError
from heterodot.paths import read_at_most, user_path
from heterodot.workflows import Store
from heterodot.workflows.store.leftovers import sweep_leftovers
from heterodot.workflows.study import Study
from heterodot.workflows.study.names import MAX_CASES
from heterodot.writing import HOST, write_atomically, written_aside

STUDY = """\
heterodot: 1
systems: {pair: {file: pair.xyz}}
levels: {emt: {code: emt}}
questions: [relaxation: {}]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    write(tmp_path / "pair.xyz", Atoms("Cu2", [[0, 0, 0], [0, 0, 2.3]]), format="extxyz")
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path / "study.yaml"


def cli(capsys, *arguments: object) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    return left.value.code, capsys.readouterr().err


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond two hundred bytes: the next write gets what a full disk gives.

    Not a fixture: pytest's own report may go to a file, and is written before fixtures end.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


MATCH = ["match", "InP", "CdS", "--film-miller", "100", "--substrate-miller", "100"]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ([*MATCH, "--max-area", "60"], "m.json"),
        ([*MATCH, "--max-area", "60"], "m.csv"),
        (["build", "crystal", "CuInS2"], "dot.xyz"),
        (["build", "crystal", "CuInS2"], "dot.cif"),
        (["build", "terminations", "CuInS2", "112"], "t.json"),
    ],
)
def test_a_full_disk_leaves_what_was_there(capsys, tmp_path, monkeypatch, command, name):
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("as before")
    with full_disk():
        code, err = cli(capsys, *command, "-o", name)
    assert code == 2
    assert err.count("\n") == 1
    assert name in err
    assert "cannot be written" in err
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert Path(name).read_text() == "as before"


def test_a_full_disk_leaves_the_database_and_the_figures_of_before(capsys, study, monkeypatch):
    assert cli(capsys, "run", study, "--workers", 1)[0] == 0
    folder = study.parent
    for name in ("all.db", "all.json"):
        (folder / name).write_text("as before")
    figure = next((folder / "study-results" / "figures").glob("*.png"))
    picture = figure.read_bytes()
    from matplotlib.figure import Figure

    with full_disk():
        for name in ("all.db", "all.json"):
            code, err = cli(capsys, "export", study, "-o", folder / name)
            assert (code, err.count("\n")) == (2, 1), err
            assert (folder / name).read_text() == "as before"
        with pytest.raises(InputError, match="cannot be written"):
            save_figure(Figure(), figure)
    assert figure.read_bytes() == picture
    assert not [p for p in folder.rglob("*") if ".tmp" in p.name or p.name.endswith("-journal")]


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    path = tmp_path / "x.txt"

    def write_half() -> None:
        with written_aside(path) as (aside,):
            aside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert list(tmp_path.iterdir()) == []
    with written_aside(path) as (aside,):
        aside.write_text("whole")
    write_atomically(tmp_path / ("é" * 100), b"a long name")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.txt", "é" * 100]


def test_what_killed_runs_were_drawing_is_swept(capsys, study):
    assert cli(capsys, "run", study, "--workers", 1)[0] == 0
    results = study.parent / "study-results"
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    dead, alive = ended.pid, os.getpid()
    left = [
        results / "figures" / f".c1.{HOST}.{dead}.1.tmp.png",
        results / "structures" / f"pair.xyz.{HOST}.{dead}.1.tmp",
        results / f"table.txt.{HOST}.{dead}.1.tmp",
        results / "figures" / ".c1.7182.tmp.png",  # as it was written before, long ago
        results / "figures" / f".c1.elsewhere.{alive}.1.tmp.svg",
    ]
    kept = [
        results / "figures" / f".c2.{HOST}.{alive}.1.tmp.png",
        results / "figures" / f".c2.elsewhere.{dead}.1.tmp.png",
        results / "figures" / "mine.tmp.png",
    ]
    for path in (*left, *kept):
        path.write_text("half")
    for path in left[3:]:
        os.utime(path, (time.time() - 7200,) * 2)
    assert cli(capsys, "run", study, "--workers", 1)[0] == 0
    assert [p.name for p in left if p.exists()] == []
    assert [p.name for p in kept if not p.exists()] == []
    assert sweep_leftovers([results / "nowhere"]) == []


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_nothing_waits_for_a_pipe(capsys, tmp_path, study, kind):
    place = tmp_path / "odd.xyz"
    os.mkfifo(place) if kind == "pipe" else place.mkdir()
    for command in (
        ["run", place], ["submit", place], ["build", "crystal", place, "-o", tmp_path / "x.xyz"],
        ["build", "adsorbate", place, "--site", 0, "-o", tmp_path / "x.xyz"],
        ["build", "crystal", "ZnS", "-o", place], ["run", study, "--profile", place],
        ["enumerate", place, "--defect", "V_Cu"], ["report", place], ["analyse", place, "--xrd"],
    ):  # fmt: skip
        code, err = cli(capsys, *command)
        assert (code, err.count("\n")) == (2, 1), (command, err)
        assert "odd.xyz" in err or "profile" in err, (command, err)
    if kind == "pipe":
        for command in (["status", place], ["export", place, "-o", tmp_path / "a.db"]):
            assert cli(capsys, *command)[0] == 2
        with pytest.raises(OSError, match="a pipe, expected a file"):
            read_at_most(place, 10)


def test_the_home_folder_is_meant_by_a_tilde(capsys, study, monkeypatch):
    home = study.parent / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(study.parent)
    write(home / "own.xyz", Atoms("Cu2", [[0, 0, 0], [0, 0, 2.3]]), format="extxyz")
    study.write_text(STUDY.replace("pair.xyz", "~/own.xyz") + "output: ~/x\n")
    assert cli(capsys, "run", study, "--workers", 1)[0] == 0
    assert (home / "x" / "table.txt").is_file()
    assert cli(capsys, "build", "crystal", "ZnS", "--output=~/zns.xyz")[0] == 0
    assert cli(capsys, "build", "crystal", "~/zns.xyz", "-o~/again.xyz")[0] == 0
    assert (home / "again.xyz").is_file()
    assert Store("~/store").path == home / "store"
    Study.load(study).run("~/y", 1, executor="serial")
    assert (home / "y" / "table.txt").is_file()
    assert not (study.parent / "~").exists()
    assert user_path("./~/x") == Path("~/x")
    study.write_text(STUDY + "output: ~nobodyknows/x\n")
    with pytest.raises(StudyError, match="output: ~nobodyknows/x: no home folder"):
        _ = Study.load(study).output


TWO = """\
heterodot: 1
systems: {SYSTEMS}
levels: {LEVELS}
questions: [QUESTIONS]
"""


@pytest.mark.parametrize(
    ("systems", "levels", "questions", "both"),
    [
        ("Dot dot", "emt", "{relaxation: {}}", "'dot' beside 'Dot'"),
        ("dot", "emt EMT", "{relaxation: {}}", "'EMT' beside 'emt'"),
        (
            "dot", "emt", "{name: Relax, relaxation: {}}, {name: relax, relaxation: {}}",
            "dot/relax and dot/Relax",
        ),
        (
            "a a.b", "emt", "{name: b.c, relaxation: {}}, {name: c, relaxation: {}}",
            "a.b/c and a/b.c",
        ),
        (
            "a a-b", "emt", "{name: b-c, relaxation: {}}, {name: c, relaxation: {}}",
            "a-b/c and a/b-c",
        ),
        ("a a.relaxation.relaxed", "emt", "{relaxation: {}}", "files of a/relaxation"),
        ("a", "emt", "{relaxation: {}}, {relaxation: {}}", "a/relaxation is asked twice"),
    ],
)  # fmt: skip
def test_names_that_would_share_a_file_are_refused(systems, levels, questions, both):
    text = TWO.replace(
        "SYSTEMS", ", ".join(f"{s}: {{build: [molecule: CO]}}" for s in systems.split())
    )
    text = text.replace("LEVELS", ", ".join(f"{x}: {{code: emt}}" for x in levels.split()))
    with pytest.raises(StudyError) as caught:
        Study.parse(text.replace("QUESTIONS", questions))
    assert both in str(caught.value)


def test_too_many_cases_are_refused_at_once():
    n_systems, n_levels, n_questions = 3000, 300, 100
    text = "heterodot: 1\nsystems:\n"
    text += "".join(f"  s{i}: {{build: [molecule: CO]}}\n" for i in range(n_systems))
    text += "levels:\n" + "".join(f"  l{i}: {{code: emt}}\n" for i in range(n_levels))
    text += "questions:\n"
    text += "".join(f"  - {{name: q{i}, relaxation: {{}}}}\n" for i in range(n_questions))
    started = time.process_time()
    with pytest.raises(StudyError, match=f"given 90000000 cases .*at most {MAX_CASES}"):
        Study.parse(text)
    assert time.process_time() - started < 10


def test_no_more_workers_than_work(study, monkeypatch):
    asked = []
    from heterodot.workflows.running import runner

    made = runner._process_pool
    monkeypatch.setattr(runner, "_process_pool", lambda n: (asked.append(n), made(n))[1])
    study.write_text(STUDY + "workers: 1024\n")
    Study.load(study).run()
    assert asked == [1]


def test_a_limit_beyond_memory_is_refused_before_anything_grows(capsys):
    code, err = cli(
        capsys, "enumerate", "ZnS", "--supercell", 3, "--defect", "V_Zn", "--count", 12,
        "--limit", 10**21,
    )  # fmt: skip
    assert (code, err.count("\n")) == (2, 1)
    assert "distinct configurations, and memory for" in err
