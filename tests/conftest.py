"""What all tests share: one BLAS thread, heavy tests first, GPAW's only where GPAW is."""

import importlib.util
import os
import shutil
import subprocess

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest

NEEDS_GPAW = (
    "GPAW is not installed: apt-get install g++ libxc-dev libopenblas-dev python3-dev, then "
    "CC=g++ CXX=g++ pip install gpaw gpaw-data (make test does the second part)"
)
NEEDS_SLURM = "no Slurm runs here: .ci/slurm up starts one (make test-slurm does, and runs these)"
NEEDS_BROWSER = "Chromium is not installed: apt-get install chromium"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here, saying what to install; start the long tests first."""
    missing = {
        "gpaw": None if importlib.util.find_spec("gpaw") else NEEDS_GPAW,
        "slurm": None if _slurm_runs() else NEEDS_SLURM,
        "browser": None if shutil.which("chromium") else NEEDS_BROWSER,
    }
    for item in items:
        for marker, reason in missing.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(key=_lightness)


def _slurm_runs() -> bool:
    if shutil.which("sbatch") is None:
        return False
    asked = subprocess.run(["sinfo", "--noheader"], capture_output=True, check=False)
    return asked.returncode == 0 and bool(asked.stdout)


def _lightness(item: pytest.Item) -> int:
    if item.get_closest_marker("gpaw"):
        return 0
    heavy = item.get_closest_marker("slow") or item.get_closest_marker("slurm")
    return 1 if heavy else 2
