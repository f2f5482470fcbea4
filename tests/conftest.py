"""What all tests share: one BLAS thread, heavy tests first, GPAW's only where GPAW is."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# the many processes that tests start compile the modules once, not each
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# never the user's own configuration; already while tests are collected, and in what they start
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="heterodot-configuration-")

import pytest
from tests.slurm_turns import turn

CONFIGURATION = Path(os.environ["XDG_CONFIG_HOME"])
CALCULATOR = """\
[calculators.mymorse]
factory = "ase.calculators.morse:MorsePotential"
[calculators.mymorse.settings]
epsilon = 0.3
r0 = 2.5
rho0 = 3.0
"""
"""A calculator of the user's own: it passes what every registered code passes."""

NEEDS_GPAW = (
    "GPAW is not installed: apt-get install g++ libxc-dev libopenblas-dev python3-dev, then "
    "CC=g++ CXX=g++ pip install gpaw gpaw-data (make test does the second part)"
)
NEEDS_POTENTIALS = "the potentials are not installed: make mlip, or pip install 'heterodot[mlip]'"
NEEDS_SLURM = "no Slurm runs here: .ci/slurm up starts one (make test-slurm does, and runs these)"
NEEDS_BROWSER = "Chromium is not installed: apt-get install chromium"


def _write_configuration() -> None:
    folder = CONFIGURATION / "heterodot"
    folder.mkdir(mode=0o700)
    (folder / "config.toml").write_text(CALCULATOR)
    (folder / "config.toml").chmod(0o600)


_write_configuration()  # before tests are collected: some are made for every code there is


def pytest_unconfigure() -> None:
    """Remove the folder that stands for the user's configuration."""
    shutil.rmtree(CONFIGURATION, ignore_errors=True)


@pytest.fixture(autouse=True)
def slurm_turn(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep tests of Slurm out of the way of those that drain its node, in other processes too."""
    if request.node.get_closest_marker("slurm") is None:
        yield
        return
    with turn(alone="faults" in request.node.path.parts):
        yield


@pytest.hookimpl(trylast=True)  # after -m and -k have left some out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here, saying what to install; start the long tests first."""
    queued = any(item.get_closest_marker("slurm") for item in items)  # a Slurm may answer slowly
    missing = {
        "gpaw": None if importlib.util.find_spec("gpaw") else NEEDS_GPAW,
        "mlip": None if _installed("torch", "sevenn", "chgnet") else NEEDS_POTENTIALS,
        "slurm": None if not queued or _slurm_runs() else NEEDS_SLURM,
        "browser": None if shutil.which("chromium") else NEEDS_BROWSER,
    }
    for item in items:
        for marker, reason in missing.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(key=_lightness)


def _installed(*packages: str) -> bool:
    return all(importlib.util.find_spec(package) for package in packages)


def _slurm_runs() -> bool:
    if shutil.which("sbatch") is None:
        return False
    asked = subprocess.run(["sinfo", "--noheader"], capture_output=True, check=False)
    return asked.returncode == 0 and bool(asked.stdout)


def _lightness(item: pytest.Item) -> int:
    """Order the tests: those that wait for Slurm, and for each other, begin in one process."""
    for n, marker in enumerate(("slurm", "gpaw", "slow")):
        if item.get_closest_marker(marker):
            return n
    return 3
