"""Every option of every command, given nonsense: one line, the value in it, exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from heterodot.cli import main
from heterodot.cli.app import app

NEEDED = {"--output": "x.xyz", "--site": "0"}


def options() -> Iterator[tuple[str, str]]:
    """Every option that takes a number, by its command."""

    def walk(command: Any, path: list[str]) -> Iterator[tuple[list[str], Any]]:
        inside = getattr(command, "commands", None)
        if not inside:
            yield path, command
        for name, below in (inside or {}).items():
            yield from walk(below, [*path, name])

    for path, command in walk(typer.main.get_command(app), []):
        for parameter in command.params:
            kind = str(parameter.type_descriptor.annotation)
            if ("int" in kind or "float" in kind) and parameter.param_type_name == "option":
                yield " ".join(path), max(parameter.opts, key=len)


def test_the_table_is_of_all_commands():
    found = list(options())
    assert len(found) > 50
    assert ("build pyramid", "--base") in found
    assert ("run", "--workers") in found


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
    if command.startswith("build") or command == "export":
        words += ["--output", "x.xyz"]
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
