"""Every option of every command, given nonsense: one line, the value in it, exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from ase.cluster import Octahedron
from ase.io import write

from heterodot.cli import main
from heterodot.cli.app import app

NEEDED = {"--output": "x.xyz", "--site": "0"}


def parameters() -> Iterator[tuple[str, Any]]:
    """Every option of every command, by its command."""

    def walk(command: Any, path: list[str]) -> Iterator[tuple[list[str], Any]]:
        inside = getattr(command, "commands", None)
        if not inside:
            yield path, command
        for name, below in (inside or {}).items():
            yield from walk(below, [*path, name])

    for path, command in walk(typer.main.get_command(app), []):
        for parameter in command.params:
            if parameter.param_type_name == "option":
                yield " ".join(path), parameter


def options() -> Iterator[tuple[str, str]]:
    """Every option that takes a number, by its command."""
    for command, parameter in parameters():
        kind = str(parameter.type_descriptor.annotation)
        if "int" in kind or "float" in kind:
            yield command, max(parameter.opts, key=len)


def texts() -> Iterator[tuple[str, str]]:
    """Every option that takes a text other than a file; ``submit`` asks for a profile first."""
    for command, parameter in parameters():
        if command != "submit" and "str" in str(parameter.type_descriptor.annotation):
            yield command, max(parameter.opts, key=len)


CALCULATION = Path(__file__).parents[1] / "data" / "foreign" / "files" / "espresso" / "si.save"

SENSIBLE = {
    "analyse": "cluster.xyz --coordination",
    "export": "study.yaml --output x.json",
    "enumerate": "ZnS --defect V_Zn",
    "dynamics": "cluster.xyz --level emt --steps 2 --output x.xyz",
    "gap-along": "frames.xyz --level gfn1-xtb",
    "lattice": "Cu --level emt --no-elastic --output x.xyz",
    "match": "Cu Ag --film-miller 100 --substrate-miller 100",
    "run": "study.yaml",
    "validate": "-l emt -q cost",
    "build alloy": "CuInS2 --composition Cu=0.5,In=0.5",
    "build core-shell": "--radius 5 --shell ZnS:1ml",
    "build cluster": "ZnS --layers 2",
    "build guest": "cluster.xyz ZnS",
    "build interface": "Cu Ag --film-miller 100 --substrate-miller 100 --max-area 60 "
    "--max-strain 0.15 --film-layers 2 --substrate-layers 2",
    "build janus": "--edge 20 --radius 8",
    "build slab": "ZnS 100 --layers 3",
    "build terminations": "ZnS 100",
    "build crystal": "ZnS",
    "build pyramid": "--base 2",
    "build adsorbate": "cluster.xyz --site 0",
}
"""What each command would do, were it not for the one option."""

INSTEAD = {
    ("analyse", "--d-band"): str(CALCULATION),
    ("build cluster", "--form"): "ZnS 34",
    ("build cluster", "--dopant"): "ZnS 34",
    ("build cluster", "--shape"): "Cu 4",
    ("build cluster", "--adsorbate"): "Cu 4",
    ("build cluster", "--orientation"): "Cu 4 --adsorbate CO2",
    ("build interface", "--film-plane"): "Cu Ag --substrate-miller 100",
    ("build interface", "--substrate-plane"): "Cu Ag --film-miller 100",
}

STUDY = """\
heterodot: 1
title: A copper cluster
systems: {cluster: {file: cluster.xyz}}
levels: {emt: {code: emt}}
questions: [relaxation: {fmax: 0.05}]
"""


@pytest.mark.parametrize(("command", "option"), texts(), ids=" ".join)
def test_a_text_that_means_nothing_is_shown(capsys, tmp_path, monkeypatch, command, option):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yaml").write_text(STUDY)
    write(tmp_path / "cluster.xyz", Octahedron("Cu", 2), format="extxyz")
    words = INSTEAD.get((command, option), SENSIBLE[command]).split()
    if option in words:
        del words[words.index(option) : words.index(option) + 2]
    if command.startswith("build"):
        words += ["--output", "x.xyz"]
    with pytest.raises(SystemExit) as left:
        main([*command.split(), *words, f"{option}=q?7"])
    err = capsys.readouterr().err.removeprefix(_notice(option))
    assert (left.value.code, err.count("\n")) == (2, 1), err
    assert "q?7" in err
    assert "fault of heterodot" not in err
    assert not (tmp_path / "x.xyz").exists()


def _notice(option: str) -> str:
    """What a renamed option says besides."""
    if not option.endswith("-plane"):
        return ""
    return f"{option} is now {option.replace('plane', 'miller')}; the old name will go\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["enumerate", "q?7", "--defect", "V_Zn"],
        ["lattice", "q?7", "--level", "emt", "-o", "x.xyz"],
        ["dynamics", "q?7", "--level", "emt", "-o", "x.xyz"],
        ["dynamics", "cluster.xyz", "--level", "emt", "-o", "q?7"],
        ["gap-along", "q?7", "--level", "gfn1-xtb"],
        ["match", "q?7", "Cu"],
        ["match", "Cu", "q?7"],
        ["run", "q?7"],
        ["status", "q?7"],
        ["cancel", "q?7"],
        ["retry", "q?7"],
        ["export", "q?7", "-o", "a.db"],
        ["build", "alloy", "q?7", "--composition", "Cu=1", "-o", "x.xyz"],
        ["build", "cluster", "q?7", "-o", "x.xyz"],
        ["build", "guest", "q?7", "ZnS", "-o", "x.xyz"],
        ["build", "slab", "q?7", "100", "-o", "x.xyz"],
        ["build", "slab", "ZnS", "q?7", "-o", "x.xyz"],
        ["build", "terminations", "ZnS", "q?7"],
        ["build", "crystal", "q?7", "-o", "x.xyz"],
        ["build", "steps", "q?7", "-o", "x.xyz"],
        ["build", "system", "q?7", "cluster", "-o", "x.xyz"],
        ["build", "adsorbate", "q?7", "--site", "0", "-o", "x.xyz"],
    ],
    ids=" ".join,
)
def test_an_argument_that_means_nothing_is_shown(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(arguments)
    err = capsys.readouterr().err
    assert (left.value.code, err.count("\n")) == (2, 1), err
    assert "q?7" in err


def test_the_table_is_of_all_commands():
    found = list(options())
    assert len(found) > 50
    assert ("build pyramid", "--base") in found
    assert ("run", "--workers") in found
    assert {command for command, _ in texts()} == set(SENSIBLE)


@pytest.mark.parametrize(("command", "option"), options(), ids=" ".join)
@pytest.mark.parametrize("value", ["two", "1\n2"])
def test_what_is_no_number_is_shown(capsys, tmp_path, monkeypatch, command, option, value):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main([*command.split(), *["none"] * 3, f"{option}={value}", *_needed(command, option)])
    out, err = capsys.readouterr()
    assert left.value.code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"heterodot: {option}: given {value!r}, expected a ")
    assert "number" in err
    assert f"heterodot {command} --help" in err
    assert list(tmp_path.iterdir()) == []


def _needed(command: str, option: str) -> list[str]:
    words = []
    if command.startswith("build") or command in ("export", "lattice", "dynamics"):
        words += ["--output", "x.xyz"]
    if command in ("lattice", "dynamics", "gap-along"):
        words += ["--level", "emt"]
    if command == "build adsorbate" and option != "--site":
        words += ["--site", "0"]
    return words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "a.yaml", "--workers", "0"], "--workers: given '0', expected 1 or more"),
        (["run", "a.yaml", "-n", "10001"], "--workers: given '10001', expected 10000 or less"),
        (["status", ".", "--watch", "0.1"], "--watch: given '0.1', expected 0.5 or more"),
        (["status", ".", "--watch", "nan"], "--watch: given 'nan'"),
        (["build", "pyramid", "-o", "x.xyz", "--bas", "2"], "No such option: --bas"),
        (["enumerate", "ZnS", "--defect", "V_Zn", "--tolerance", "nan"], "tolerance nan: expected"),
        (["enumerate", "ZnS", "--defect", "V_Zn", "--tolerance", "-1"], "tolerance -1.0: expected"),
        (["build", "crystal", "~nobodyknows/a.cif", "-o", "x.xyz"], "no home folder of"),
    ],
)
def test_values_out_of_bounds_are_shown(capsys, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(arguments)
    err = capsys.readouterr().err
    assert (left.value.code, err.count("\n")) == (2, 1)
    assert words in err
