"""What is released: a source distribution, the wheel built from it, and a study that it answers."""

import csv
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

import heterodot

ROOT = Path(__file__).parent.parent

STUDY = """\
heterodot: 1
systems:
  copper: {build: [metal_cluster: {metal: Cu, n: 6}]}
levels: {emt: {code: emt}}
questions:
  - relaxation: {}
output: results
"""


def build(what: str, source: Path, out: Path) -> Path:
    """Build a "wheel" or an "sdist" with this environment's setuptools, without the network."""
    program = f"from setuptools import build_meta; print(build_meta.build_{what}({str(out)!r}))"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=source, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    return out / run.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the unpacked source distribution of the tree."""
    folder = tmp_path_factory.mktemp("release")
    tree = folder / "tree"
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in files.stdout.splitlines():
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    archive = build("sdist", tree, folder)
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    assert unpacked.name == f"heterodot-{heterodot.__version__}"
    for name in ("LICENSE", "CITATION.cff", "examples/zcis_co2.yaml", "docs/index.md", "Makefile"):
        assert (unpacked / name).is_file(), name
    return build("wheel", unpacked, folder)


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_package(wheel):
    source = ROOT / "src"
    package = source / "heterodot"
    wanted = {
        str(path.relative_to(source))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    missing = wanted - set(zipfile.ZipFile(wheel).namelist())
    assert not missing, "name them in [tool.setuptools.package-data] of pyproject.toml"


@pytest.mark.slow
def test_the_wheel_answers_a_study_in_an_environment_of_its_own(wheel, tmp_path):
    """What it depends on is lent by this environment; heterodot itself is the wheel's."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    python = tmp_path / "own" / "bin" / "python"
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    lent = [sysconfig.get_path("purelib"), *(p for p in sys.path if p.endswith("-packages"))]
    (site / "zz-lent.pth").write_text("\n".join(dict.fromkeys(lent)) + "\n")
    (tmp_path / "study.yaml").write_text(STUDY)
    program = "import sys, heterodot.cli as c; print(c.__file__, file=sys.stderr); c.main()"
    run = subprocess.run(
        [python, "-c", program, "run", "study.yaml", "--workers", "1"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stderr.startswith(str(site)), run.stderr
    with (tmp_path / "results" / "table.csv").open() as table:
        (row,) = csv.DictReader(table)
    assert row["system"] == "copper"
