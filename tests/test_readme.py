"""What the README and the guides say works: every command and every Python block is run."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from heterodot.cli import main

ROOT = Path(__file__).parent.parent
GUIDES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]

BY_CI = {"make demo", "make test", "heterodot run examples/zcis_co2.yaml --workers 2"}
"""Run as they are by CI (or, the last, by `make demo` in other words); here only looked at."""

NEEDS_ROOT_OR_NETWORK = ("apt-get ", "CC=g++ ")
"""Run by .ci/run and by the Makefile."""


def blocks(guide: str, language: str) -> list[str]:
    text = (ROOT / guide).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


PYTHON = [(guide, n, code) for guide in GUIDES for n, code in enumerate(blocks(guide, "python"))]
COMMANDS = [line for code in blocks("README.md", "sh") for line in code.splitlines() if line]


@pytest.mark.slow
@pytest.mark.parametrize(("guide", "n", "code"), PYTHON, ids=[f"{g}-{n}" for g, n, _ in PYTHON])
def test_python_block_runs(guide, n, code, tmp_path):
    script = tmp_path / "block.py"
    script.write_text(code)
    run = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr


def test_the_added_code_of_the_guide_works():
    code = next(c for _, _, c in PYTHON if "class Morse(Code)" in c)
    names: dict = {}
    exec(compile(code, "guide", "exec"), names)
    from ase.cluster import Octahedron

    morse, atoms = names["Morse"](), Octahedron("Cu", 2)
    settings = morse.protocols()["fast"]
    atoms.calc = morse.calculator(atoms, settings, morse.check(atoms, settings), None)
    assert atoms.get_potential_energy() < 0
    assert morse.label(settings) == "Morse, r0 2.5 Å"


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A place with the examples in it, where commands may leave files."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_command_runs(command, clone, capsys, monkeypatch):
    words = shlex.split(command)
    if words[0] == "make":
        run = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        assert command in BY_CI
        return
    if command in BY_CI or command.startswith(NEEDS_ROOT_OR_NETWORK):
        return
    assert words[0] == "heterodot"
    if words[1] == "export":  # something to export
        (clone / "demo" / "store").mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(clone)
    with pytest.raises(SystemExit) as left:
        main(words[1:])
    assert left.value.code == 0, capsys.readouterr().err


def test_the_study_of_the_guide_is_one(tmp_path):
    from heterodot.workflows.study import Study

    text, points = blocks("docs/studies.md", "yaml")
    study = Study.parse(text, tmp_path / "study.yaml")
    assert list(study.workflows()) == ["dot/co2_adsorption", "dot/bands"]
    found = Study.parse(points, tmp_path / "points.yaml").run(executor="serial")
    assert not found.errors
    energies = {row.level: row.values["E (eV)"] for row in found.rows()}
    together = "GFN2-xTB, 300 K // GFN1-xTB, 300 K"
    assert list(energies) == ["GFN1-xTB, 300 K", together]
    assert {row.level for row in found.rows() if row.kind == "electronic_structure"} == {together}


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda p: p.name)
def test_every_example_is_a_study_that_can_be_run(path):
    from heterodot.workflows.study import Study

    assert Study.load(path).workflows()


def test_links_lead_somewhere():
    for guide in GUIDES:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (ROOT / guide).read_text()):
            if not target.startswith("http"):
                assert (ROOT / guide).parent.joinpath(target).exists(), f"{guide}: {target}"


def test_makefile_help_names_every_target_of_the_readme():
    run = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("demo", "demo-light", "demo-gpaw", "mlip", "test"):
        assert f"make {target}" in run.stdout
