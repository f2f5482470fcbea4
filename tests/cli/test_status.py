"""``heterodot status``: everything on one page, whoever wrote the store."""

import json
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from ase.build import molecule
from ase.cluster import Octahedron
from ase.io import write

from heterodot.cli import main
from heterodot.workflows.jobs import report
from heterodot.workflows.running.batch.slurm import QueueEntry

STUDY = """\
heterodot: 1
systems:
  cluster: {file: cluster.xyz}
  water: {file: water.xyz}
levels:
  emt: {code: emt}
questions:
  - relaxation: {fmax: 0.05}
    systems: cluster
  - relaxation: {fmax: 1.0e-9, steps: 3}
    name: hopeless
    systems: cluster
  - vibrations: {fmax: 0.05}
    systems: water
output: results
"""
PROGRAM = [sys.executable, "-m", "heterodot.cli"]


def call(capsys, *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    return left.value.code, *capsys.readouterr()


def prepare(folder: Path) -> Path:
    write(folder / "cluster.xyz", Octahedron("Cu", 3, cutoff=1), format="extxyz")
    write(folder / "water.xyz", molecule("H2O"), format="extxyz")
    (folder / "study.yaml").write_text(STUDY)
    return folder / "study.yaml"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return prepare(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the study after ``heterodot run``; copy it, do not change it."""
    study = prepare(tmp_path_factory.mktemp("finished"))
    with pytest.raises(SystemExit):
        main(["run", str(study), "--workers", "1"])
    return study.parent


@pytest.fixture
def ran(finished: Path, tmp_path: Path) -> Path:
    """A study of one's own that has been run."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True, symlinks=True)
    return tmp_path / "study.yaml"


def plant_failure(study: Path, **entries: object) -> Path:
    failures = study.parent / "results" / "store" / "failures"
    path = failures / f"{'ab' * 32}.json"
    path.write_text(json.dumps({"label": "dot", "task": "relax", "message": "no SCF", **entries}))
    return path


def test_before_anything(capsys, study):
    code, out, _ = call(capsys, "status", study)
    assert (code, out) == (0, f"{study.parent / 'results'}: nothing calculated yet\n")
    found = json.loads(call(capsys, "status", study, "--json")[1])
    assert found["finished"] == 0
    assert not found["going_on"]


def test_after_a_run(capsys, study):
    call(capsys, "run", study, "--workers", 1)
    plant_failure(study)
    code, out, _ = call(capsys, "status", study)
    assert code == 0
    assert "tasks finished" in out.splitlines()[0]
    assert any(line.startswith("  relax") and "1 failed" in line for line in out.splitlines())
    assert "driver finished: process" in out
    assert "failed: dot: no SCF" in out
    found = json.loads(call(capsys, "status", study.parent / "results", "--json")[1])
    assert found["finished"] == sum(kind.get("finished", 0) for kind in found["kinds"].values())
    assert found["kinds"]["relax"]["failed"] == 1
    assert found["failures"][0]["message"] == "no SCF"
    assert found["drivers"][0]["state"] == "finished"


def test_a_failure_names_its_log(capsys, ran):
    key = plant_failure(ran).stem
    log = ran.parent / "results" / "store" / "work" / key / "log.txt"
    log.parent.mkdir()
    log.write_text("what the code said")
    assert f"(log: {log})" in call(capsys, "status", ran)[1]


def test_jobs_of_tasks_that_wait_say_why(capsys, study, monkeypatch):
    waiting = "Nodes_required_for_job_are_DOWN,_DRAINED"
    entries = [
        QueueEntry("1", "dot", "RUNNING"),
        QueueEntry("2", "dot", "PENDING", waiting),
        QueueEntry("3", "dot", "PENDING", waiting),
        QueueEntry("4", "dot", "PENDING", "Priority"),
    ]
    monkeypatch.setattr(report, "_asked", lambda ledger: ([], entries, ""))
    out = call(capsys, "status", study)[1]
    assert f"jobs of tasks in the queue: 3 PENDING ({waiting}; Priority), 1 RUNNING\n" in out


def test_what_a_stranger_wrote_does_not_steer_the_terminal(capsys, ran):
    plant_failure(ran, label="\x1b[2Jdot\n", task="\x1b]0;x\x07", message="\u202eno\r", log="/etc")
    code, out, _ = call(capsys, "status", ran)
    assert code == 0
    assert "\\x1b[2Jdot" in out
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(out)
    assert "/etc" not in out


def test_long_lists_are_cut_and_all_names_them(capsys, ran):
    failures = ran.parent / "results" / "store" / "failures"
    for n in range(30):
        (failures / f"{n:064x}.json").write_text(json.dumps({"label": f"dot {n}", "message": "x"}))
    out = call(capsys, "status", ran)[1]
    assert "failed: 10 more (--all names them)" in out
    assert call(capsys, "status", ran, "--all")[1].count("failed: dot") == 30


def test_a_run_that_was_cut_off(capsys, ran):
    work = ran.parent / "results" / "store" / "work" / ("cd" * 32)
    work.mkdir()
    (work / "task.json").write_text(json.dumps({"label": "dot \x1b[1m", "task": "relax"}))
    assert "not finished: dot \\x1b[1m" in call(capsys, "status", ran)[1]


def test_watching_ends_when_nothing_goes_on(study):
    run = subprocess.run(
        [*PROGRAM, "status", str(study), "--watch", "0.5"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0
    assert run.stdout.count("nothing calculated yet") == 1


def test_watching_a_run_ends_with_it_or_with_ctrl_c(study, tmp_path):
    jobs = tmp_path / "results"
    sleeping = (
        "import sys, time; from pathlib import Path;"
        "from heterodot.workflows.running.batch.drivers import Driving\n"
        "with Driving(Path(sys.argv[1]), 1): print('begun', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", sleeping, str(jobs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as driver:
        driver.stdout.readline()
        watching = [*PROGRAM, "status", str(study), "--watch", "0.5", "--json"]
        # in a script's background processes Ctrl-C is ignored: as in a terminal, then
        heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        with subprocess.Popen(watching, stdout=subprocess.PIPE, preexec_fn=heeding) as watcher:
            assert json.loads(watcher.stdout.readline())["going_on"]
            watcher.send_signal(signal.SIGINT)
            assert watcher.wait(30) == 130
        with subprocess.Popen(watching, stdout=subprocess.PIPE) as watcher:
            assert json.loads(watcher.stdout.readline())["going_on"]
            driver.stdin.close()
            assert watcher.wait(30) == 0


def test_it_reads_no_record_and_loads_no_code(capsys, ran):
    code = (
        "import sys; from heterodot.cli import main\n"
        "try: main(['status', sys.argv[1]])\n"
        "finally: print(sorted(sys.modules), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(ran)], capture_output=True, text=True)
    assert run.returncode == 0
    loaded = set(run.stderr.replace("'", "").replace("[", "").split(", "))
    assert "heterodot.workflows.store.store" in loaded
    assert not {"pymatgen", "spglib", "heterodot.workflows.tasks.tasks", "tblite"} & loaded
