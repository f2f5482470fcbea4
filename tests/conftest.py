"""What all tests share: one BLAS thread, heavy tests first, GPAW's only where GPAW is."""

import importlib.util
import os
import shutil

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest

NEEDS_GPAW = (
    "GPAW is not installed: apt-get install g++ libxc-dev libopenblas-dev python3-dev, then "
    "CC=g++ CXX=g++ pip install gpaw gpaw-data (make test does the second part)"
)
NEEDS_SLURM = "Slurm is not installed: apt-get install slurmctld slurmd slurm-client munge"
NEEDS_BROWSER = "Chromium is not installed: apt-get install chromium"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here, saying what to install; start the long tests first."""
    missing = {
        "gpaw": None if importlib.util.find_spec("gpaw") else NEEDS_GPAW,
        "slurm": None if shutil.which("sbatch") else NEEDS_SLURM,
        "browser": None if shutil.which("chromium") else NEEDS_BROWSER,
    }
    for item in items:
        for marker, reason in missing.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(key=_lightness)


def _lightness(item: pytest.Item) -> int:
    if item.get_closest_marker("gpaw"):
        return 0
    return 1 if item.get_closest_marker("slow") else 2
