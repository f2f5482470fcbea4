"""What the README and the guides say works: every command and every Python block is run."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ase.build import molecule
from ase.cluster import Octahedron
from ase.io import write

from heterodot.cli import main
from heterodot.workflows.store.store import Store
from heterodot.workflows.study import Study

ROOT = Path(__file__).parent.parent
PAGES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))
GUIDES = ["README.md", "examples/README.md"]
GUIDES += [page for page in PAGES if not page.startswith(("docs/api/", "docs/_build/"))]

BY_CI = {"make demo", "make test", "heterodot run examples/zcis_co2.yaml --workers 2"}
"""Run as they are by CI (or, the last, by `make demo` in other words); here only looked at."""

NEEDS_ROOT_OR_NETWORK = ("apt-get ", "CC=g++ ")
"""Run by .ci/run and by the Makefile."""


def blocks(guide: str, language: str) -> list[str]:
    text = (ROOT / guide).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


PYTHON = {guide: blocks(guide, "python") for guide in GUIDES if blocks(guide, "python")}
COMMANDS = [line for code in blocks("README.md", "sh") for line in code.splitlines() if line]
OF_THE_DOCUMENTS = sorted(
    {
        line
        for page in GUIDES
        for code in (*blocks(page, "sh"), *blocks(page, "bash"))
        for line in code.splitlines()
        if line.startswith(("heterodot ", "make "))
    }
    - set(COMMANDS)
)
"""Commands of the other pages."""

IN_ONE_PROCESS = """\
import runpy, sys
for block in sys.argv[1:]:
    runpy.run_path(block)
"""
"""Each block knows its own names only; what all of them import is imported once."""


RESULTS = {
    "demo": """\
heterodot: 1
systems: {type-c: {file: cluster.xyz, site: 0}}
levels: {emt: {code: emt}}
questions: [co2_reduction: {n_starts: 1, fmax: 0.2}]
output: demo
""",
    "demo-electrons": """\
heterodot: 1
systems: {dot-co2: {file: dimer.xyz}}
levels: {xtb: {code: gfn1-xtb}}
questions: [charge_transfer: {fragments: [[0, 1, 2], [3, 4, 5]]}]
output: demo-electrons
""",
}
"""Small stand-ins for the results that docs/studies.md reads."""


def _leave_results(folder: Path) -> None:
    write(folder / "cluster.xyz", Octahedron("Cu", 2), format="extxyz")
    dimer = molecule("H2O") + molecule("H2O")
    dimer.positions[3:] += [0, 0, 3.0]
    write(folder / "dimer.xyz", dimer, format="extxyz")
    for name, text in RESULTS.items():
        (folder / f"{name}.yaml").write_text(text)
        Study.load(folder / f"{name}.yaml").run(executor="serial")


@pytest.mark.slow
@pytest.mark.parametrize("guide", PYTHON)
def test_python_blocks_run(guide, tmp_path):
    if guide == "docs/studies.md":
        _leave_results(tmp_path)
    for n, code in enumerate(PYTHON[guide]):
        (tmp_path / f"block-{n}.py").write_text(code)
    scripts = [f"block-{n}.py" for n in range(len(PYTHON[guide]))]
    run = subprocess.run(
        [sys.executable, "-c", IN_ONE_PROCESS, *scripts],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


def test_the_added_code_of_the_guide_works():
    code = next(c for codes in PYTHON.values() for c in codes if "class Morse(Code)" in c)
    names: dict = {}
    exec(compile(code, "guide", "exec"), names)
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
    if words[1] in ("export", "report"):  # of what is calculated so far: nothing
        Store(clone / "demo" / "store")
    monkeypatch.chdir(clone)
    with pytest.raises(SystemExit) as left:
        main(words[1:])
    assert left.value.code == 0, capsys.readouterr().err


ANY_STUDY = {"study.yaml", "study-results"}
"""What pages call a study of the reader's own."""

WITHOUT_EFFECT = ("--check", "--dry-run", "--help", "info", "match", "build", "enumerate")
"""Words of a command that is run as it is; of others only that they can be said is looked at."""


@pytest.mark.parametrize("command", OF_THE_DOCUMENTS)
def test_command_of_the_documents_can_be_given(command, clone, capsys, monkeypatch):
    """It runs, or, where it would calculate, queue or end things, its words are known."""
    words = shlex.split(command, comments=True)
    if words[0] == "make":
        run = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return
    named = [w for w in words if w.startswith("examples/")]
    assert all((ROOT / name).exists() for name in named)
    monkeypatch.chdir(clone)
    (clone / "cluster.toml").write_text("[job]\nwalltime = '00:10:00'\ncores = 1\n")
    if not set(words) & set(WITHOUT_EFFECT) or set(words) & (ANY_STUDY | {"mine.cif"}):
        known = _options(words[1:])
        unknown = [w for w in words if w.startswith("-") and w not in known]
        assert not unknown, f"{command}: no option {unknown}"
        return
    with pytest.raises(SystemExit) as left:
        main(words[1:])
    assert left.value.code == 0, capsys.readouterr().err


def _options(words: list[str]) -> set[str]:
    """Options of the command these words name; it has to be there."""
    from typer.main import get_command

    from heterodot.cli.app import app

    command = get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        assert word in command.commands, word
        command = command.commands[word]
    return {name for parameter in command.params for name in (*parameter.opts, "--help")}


TABLE = (ROOT / "examples" / "README.md").read_text()


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.*")), ids=lambda p: p.name)
def test_every_example_is_listed_with_minutes_and_memory(path):
    if path.name == "README.md" or path.suffix == ".xyz":  # a structure that a study reads
        return
    name = re.escape(path.name)
    (row,) = re.findall(rf"^\| \[{name}\]\({name}\) .*$", TABLE, re.MULTILINE)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == 4
    assert all(cells)
    assert re.search(r"min|h|s$", cells[2]), cells[2]
    assert re.search(r"GB", cells[3]), cells[3]


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
    for target in ("demo", "demo-light", "demo-gpaw", "mlip", "test", "docs", "docs-serve"):
        assert f"make {target}" in run.stdout
