"""CONTRIBUTING.md is true: its commands are there, its examples run, from outside of heterodot."""

import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
with (ROOT / "pyproject.toml").open("rb") as described:
    DEVELOPING = tomllib.load(described)["project"]["optional-dependencies"]["dev"]
"""What ``make lint`` installs."""
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))

BLOCKS = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^\| [^|]+ \| `([^`]+)` \|$", GUIDE, re.MULTILINE)
COMMANDS += [line for block in BLOCKS for line in block.splitlines()]


def in_a_package(folder: Path, group: str, entry: str, example: str) -> dict[str, str]:
    """Lay out a package with an example as its module and one entry point; return the variables."""
    name = f"outside_{example}"
    (folder / f"{name}.py").write_text((ROOT / "docs/examples" / f"{example}.py").read_text())
    described = folder / f"{name}-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(f"[{group}]\n{entry.format(module=name)}\n")
    return {**os.environ, "PYTHONPATH": str(folder)}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path):
    """Each asserts what it should find, says something, and leaves nothing behind."""
    run = subprocess.run(
        [sys.executable, path], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout
    left = [each.relative_to(tmp_path) for each in tmp_path.rglob("*")]
    assert not left, f"left where it was run: {left}"


def test_the_guide_has_a_section_for_every_example_and_an_example_for_every_section():
    sections = re.split(r"^## Add an? ", GUIDE, flags=re.MULTILINE)[1:]
    named = {s.split("\n")[0]: re.findall(r"\]\(docs/examples/(\w+)\.py\)", s) for s in sections}
    assert all(files == [section] for section, files in named.items()), named
    assert len(named) == 8
    assert {path.stem for path in EXAMPLES} == set(named)


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", GUIDE):
        assert (ROOT / target).exists(), target


def test_paths_that_are_named_are_there():
    paths = re.findall(r"`((?:src|tests|docs)/[\w/.]+|[\w/]+\.(?:py|toml))`", GUIDE)
    assert len(paths) > 10
    for path in paths:
        places = [ROOT, ROOT / "src", ROOT / "src" / "heterodot"]
        known = path == "plot.py" or Path(path).parent.name in ("species", "reactions")
        assert known or any((p / path).exists() for p in places), path


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_there(command):
    words = shlex.split(command)
    if words[0] == "make":
        run = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return
    assert words[0].startswith(".venv/bin/")
    program = words[0].removeprefix(".venv/bin/")
    module = words[2] if program == "python" and words[1] == "-m" else program
    if program == "python" and words[1] != "-m":
        assert (ROOT / words[1]).is_file()
    else:
        declared = any(wanted.startswith(module) for wanted in DEVELOPING)
        assert declared or find_spec(module), f"{module} is installed by no command of the guide"
    for word in words[3:]:
        if word.startswith("tests/"):
            assert (ROOT / word).exists(), word


def test_the_code_is_found_by_its_entry_point(tmp_path):
    own = in_a_package(tmp_path, "heterodot.calculators", "morse = {module}:Morse", "code")
    program = "from heterodot.cli import main; main(['info'])"
    told = subprocess.run(
        [sys.executable, "-c", program], env=own, cwd=tmp_path, capture_output=True, text=True
    )
    assert re.search(r"^  morse +can run", told.stdout, re.MULTILINE), told.stdout + told.stderr
    asked = "from heterodot.calculators import Level; print(Level('morse', 'fast').label)"
    level = subprocess.run(
        [sys.executable, "-c", asked], env=own, cwd=tmp_path, capture_output=True, text=True
    )
    assert level.stdout.strip() == "Morse, r0 2.5 Å", level.stderr


def test_the_crystal_can_be_cut_and_joined():
    """Read from its file without touching the table that other tests read."""
    from heterodot.structures.crystals.table import CRYSTALS

    before = dict(CRYSTALS)
    try:
        entry = runpy.run_path(str(ROOT / "docs/examples/crystal.py"))["GAP"]
        from heterodot.structures import crystal, slab

        assert crystal(entry.name).info["heterodot"]
        assert slab(entry.name, (1, 1, 0)).cell.lengths().min() > 3.8  # a/√2 = 3.85 Å
    finally:
        CRYSTALS.clear()
        CRYSTALS.update(before)


def test_the_figure_shows_one_bar_a_dot():
    plot = runpy.run_path(str(ROOT / "docs/examples/figure.py"))["plot_gaps"]
    figure = plot({"a": 2.0, "b": 2.5, "c": 3.0})
    assert [bar.get_height() for bar in figure.axes[0].patches] == [2.0, 2.5, 3.0]
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["a", "b", "c"]
