"""A plain installation: what is left out is asked for in one line; what examples need is in it."""

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ase.spacegroup import crystal

from heterodot.errors import MissingDependencyError
from heterodot.lazy import optional

ROOT = Path(__file__).parent.parent
LEFT_OUT = ("pymatgen", "sqsgenerator", "dftd3", "dftd4", "executorlib", "parsl", "torch")

PLAIN = """\
import sys
class LeftOut:  # not None in sys.modules, which SciPy takes for a module
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {left_out!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, LeftOut())
from heterodot.cli import main
main({words!r})
"""


def plain(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command where none of the packages a plain installation leaves out can be imported."""
    program = PLAIN.format(left_out=LEFT_OUT, words=[str(word) for word in words])
    return subprocess.run([sys.executable, "-c", program], cwd=cwd, capture_output=True, text=True)


def test_the_extras_are_those_the_messages_name():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {name.split(">")[0] for name in project["dependencies"]}
    assert not needed & set(LEFT_OUT)
    assert "pymatgen" in project["optional-dependencies"]


def importing(name: str, package: str) -> None:
    with optional(package, "powder", "; or walk"):
        importlib.import_module(name)


def test_a_package_that_is_missing_is_named_with_its_command():
    said = r"^powder needs nope: pip install 'heterodot\[nope\]'; or walk$"
    with pytest.raises(MissingDependencyError, match=said):
        importing("nope.core", "nope")


def test_what_a_package_that_is_there_lacks_is_not_hidden():
    with pytest.raises(ModuleNotFoundError, match="nope"):
        importing("nope", "heterodot")


def test_a_study_is_run_by_a_plain_installation(tmp_path):
    (tmp_path / "study.yaml").write_text(
        "heterodot: 1\nsystems:\n  co: {build: [molecule: CO]}\nlevels: {emt: {code: emt}}\n"
        "questions:\n  - relaxation: {}\n"
    )
    run = plain("run", "study.yaml", "--workers", "1", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "study-results" / "table.csv").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["zcis_co2_light", "nanocrystals"])
def test_examples_need_nothing_else(name, tmp_path):
    run = plain("run", ROOT / f"examples/{name}.yaml", "--check", cwd=tmp_path)
    assert run.returncode == 0, run.stderr


def test_a_guess_that_needs_pymatgen_says_so_in_one_line(tmp_path):
    sites = [(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0)]
    cell = [3.9, 3.9, 3.9, 90, 90, 90]
    crystal(("Sr", "Ru", "O"), sites, spacegroup=221, cellpar=cell).write(tmp_path / "b.cif")
    run = plain("build", "slab", "b.cif", "001", "-o", "s.xyz", cwd=tmp_path)
    assert run.returncode == 2
    (line,) = run.stderr.strip().splitlines()
    assert "pip install 'heterodot[pymatgen]'" in line
    assert "--charges" in line
