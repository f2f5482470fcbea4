"""The command line: short answers, one-line errors, the right exit codes."""

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from ase.cluster import Octahedron
from ase.db import connect
from ase.io import read, write

from heterodot.cli import main

STUDY = """\
heterodot: 1
title: A copper cluster
systems:
  cluster: {file: cluster.xyz}
levels:
  emt: {code: emt}
questions:
  - relaxation: {fmax: 0.05}
"""


def call(capsys, *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return left.value.code, out, err


@pytest.fixture
def study(tmp_path: Path) -> Path:
    atoms = Octahedron("Cu", 3, cutoff=1)
    atoms.rattle(0.05, seed=1)
    write(tmp_path / "cluster.xyz", atoms, format="extxyz")
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def test_help_names_every_command(capsys):
    code, out, _ = call(capsys, "--help")
    assert code == 0
    for command in ("build", "run", "status", "export", "info"):
        assert command in out


def test_version(capsys):
    from heterodot import __version__

    assert call(capsys, "--version")[:2] == (0, f"heterodot {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rum"], "rum"),
        (["run"], "Missing argument"),
        (["run", "missing.yaml"], "missing.yaml: cannot be read"),
        (["run", "missing.yaml", "--workers", "0"], "--workers"),
        (["build", "pyramid", "-o", "x.xyz", "--base", "two"], "base"),
        (["build", "pyramid", "-o", "x.xyz", "--base", "-2"], "-2"),
        (["build", "pyramid", "-o", "x.xyz", "--crystal", "CuInS3"], "CuInS2"),
        (["build", "pyramid", "-o", "no/such/folder/x.xyz"], "No such file"),
        (["build", "crystal", "ZnS", "-o", "x.nonsense"], "x.nonsense"),
        (["build", "steps", "pyramid: {base: 2", "-o", "x.xyz"], "not valid YAML"),
        (["build", "adsorbate", "none.xyz", "--site", "0", "-o", "x.xyz"], "none.xyz"),
        (["status", "nowhere"], "nowhere"),
        (["export", "nowhere", "-o", "a.db"], "nowhere"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line_and_code_2(
    capsys, tmp_path, monkeypatch, arguments, words
):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *arguments)
    assert code == 2
    assert err.count("\n") == 1
    assert words in err
    assert "Traceback" not in out + err


def test_debug_shows_the_traceback(tmp_path, monkeypatch):
    from heterodot.errors import StudyError

    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError):
        main(["--debug", "run", "missing.yaml"])


def test_a_fault_of_our_own_is_said_to_be_one(capsys, monkeypatch):
    def fault(*_, **__):
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("heterodot.workflows.study.Study.load", fault)
    code, _, err = call(capsys, "run", "any.yaml")
    assert code == 1
    assert err.count("\n") == 1
    assert "--debug" in err


def test_build_pyramid_writes_all_it_knows(capsys, tmp_path):
    path = tmp_path / "dot.xyz"
    code, out, _ = call(
        capsys, "build", "pyramid", "--base", 3, "--truncate", "apex", "--apex", "Cu",
        "--fill", "8/12", "--seed", 2, "--defect", "C", "--passivate", "H", "-o", path,
    )  # fmt: skip
    assert code == 0
    assert "electrons (odd)" in out
    assert "passivation" in out
    atoms = read(path)
    assert {"layer", "sublattice", "role", "domain"} <= set(atoms.arrays)
    assert atoms.symbols[atoms.info["heterodot"]["defect_type"]["active_site"]] == "Cu"


def test_build_steps_system_and_adsorbate(capsys, tmp_path, study):
    dot, covered = tmp_path / "dot.xyz", tmp_path / "covered.xyz"
    steps = ["pyramid: {crystal: CuInS2, base: 2, truncate_corners: true}", "passivate: H"]
    assert call(capsys, "build", "steps", *steps, "-o", dot)[0] == 0
    site = next(a.index for a in read(dot) if a.symbol == "Cu")
    code, _, err = call(capsys, "build", "adsorbate", dot, "--site", site, "-o", covered)
    assert code == 0, err
    assert len(read(covered)) == len(read(dot)) + 3
    assert call(capsys, "build", "system", study, "cluster", "-o", tmp_path / "c.vasp")[0] == 2
    assert call(capsys, "build", "system", study, "cluster", "-o", tmp_path / "c.xyz")[0] == 0
    assert call(capsys, "build", "system", study, "clutter", "-o", dot)[0] == 2


def test_run_status_export(capsys, study):
    code, out, err = call(capsys, "run", study, "--workers", 1)
    assert code == 0
    assert out.startswith("A copper cluster\n")
    assert "1 task calculated, 0 taken from the store" in err
    again = call(capsys, "run", study, "--workers", 1)
    assert again[1] == out
    assert "0 tasks calculated, 1 taken from the store" in again[2]
    code, out, _ = call(capsys, "status", study)
    assert code == 0
    assert "1 task finished" in out
    database = study.parent / "all.db"
    assert call(capsys, "export", study, "-o", database)[0] == 0
    row = next(connect(database).select())
    assert row.task == "relax"
    assert row.energy == pytest.approx(
        json.loads((study.parent / "study-results" / "table.json").read_text())["rows"][0][
            "values"
        ]["E (eV)"]
    )
    assert row.data["content"]["settings"]["fmax"] == 0.05


def test_status_before_anything_ran(capsys, study):
    code, out, _ = call(capsys, "status", study)
    assert code == 0
    assert "nothing calculated yet" in out


def test_check_runs_nothing(capsys, study):
    code, out, _ = call(capsys, "run", study, "--check")
    assert code == 0
    assert out == "cluster/relaxation: Cu13\n"
    assert not (study.parent / "study-results").exists()


def test_a_failed_calculation_is_code_1_with_its_reason(capsys, study, monkeypatch):
    from heterodot.errors import ConvergenceError

    def fail(*_, **__):
        raise ConvergenceError("SCF did not converge")

    monkeypatch.setattr("heterodot.workflows.Relaxation.run", fail)
    code, out, err = call(capsys, "run", study, "--workers", 1)
    assert code == 1
    assert "heterodot: cluster/relaxation failed: SCF did not converge" in err
    assert "failed" in out


def test_info(capsys):
    code, out, _ = call(capsys, "info")
    assert code == 0
    for word in ("emt", "gfn1-xtb", "gpaw", "BLAS", "numpy"):
        assert word in out
    content = json.loads(call(capsys, "info", "--json")[1])
    assert content["codes"]["emt"]["available"] is True
    assert "tblite" in content["blas"]["detail"]


def test_interrupted_is_one_line_and_130(study):
    text = STUDY.replace("fmax: 0.05", "fmax: 1.0e-9, steps: 100000, optimizer: FIRE")
    study.write_text(text)
    process = subprocess.Popen(
        [sys.executable, "-c", "from heterodot.cli import main; main()", "run", str(study)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    lines = iter(process.stderr.readline, "")
    assert any("question; results in" in line for line in lines)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C does: everyone in the group gets it
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.strip().splitlines()[-1].startswith("heterodot: interrupted")
    assert "Traceback" not in err


def test_a_closed_pipe_is_silent(study):
    command = f"{sys.executable} -c 'from heterodot.cli import main; main()' info | true"
    run = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert run.stderr == ""


@pytest.mark.parametrize("name", ["geometry.in", "a.cell", "a.cif", "POSCAR", "a.gen", "a.xsf"])
def test_no_notice_of_a_format_is_shown(capsys, tmp_path, name):
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        assert call(capsys, "build", "crystal", "ZnS", "-o", tmp_path / name)[0] == 0
        if name != "a.cell":
            words = ("build", "crystal", tmp_path / name, "-o", tmp_path / "b.xyz")
            assert call(capsys, *words)[0] == 0
    theirs = ("Deprecation", "OLD_ERROR_HANDLING")  # hidden from whoever uses a command
    assert [str(w.message) for w in shown if not any(t in str(w) for t in theirs)] == []


def test_what_a_format_cannot_hold_is_not_written(capsys, tmp_path):
    output = tmp_path / "a.struct"  # WIEN2k's: of a crystal; a dot has no cell
    code, _, err = call(capsys, "build", "pyramid", "--crystal", "ZnS", "-o", output)
    assert (code, err.count("\n"), output.exists()) == (2, 1, False)
    assert "a.struct: ASE cannot write this format (RuntimeWarning" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "adsorbate", "dot.xyz", "--site", "0", "--height", "nan", "-o", "a.xyz"],
        ["build", "adsorbate", "dot.xyz", "--site", "0", "--height", "1e300", "-o", "a.xyz"],
        ["build", "pyramid", "--fill", "8/12", "--seed", "-3", "-o", "a.xyz"],
        ["build", "pyramid", "--seed", "3", "-o", "a.xyz"],
        ["build", "crystal", "Cu", "-o", "a"],
        ["build", "crystal", "Cu", "-o", "."],
        ["run", "study.yaml", "--workers", "99999999"],
    ],
)
def test_impossible_arguments(capsys, study, monkeypatch, arguments):
    monkeypatch.chdir(study.parent)
    (study.parent / "cluster.xyz").rename("dot.xyz")
    code, _, err = call(capsys, *arguments)
    assert code == 2
    assert err.count("\n") == 1
    assert "fault of heterodot" not in err


def test_no_arguments_show_the_help(capsys):
    code, _, err = call(capsys)
    assert code == 2
    assert err.startswith("Usage:")
    assert err.count("\n") > 5


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
def test_a_stdout_that_cannot_be_written(redirection):
    program = "from heterodot.cli import main; main(['info'])"
    command = f'{sys.executable} -c "{program}" {redirection}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == (redirection == ">/dev/full")
