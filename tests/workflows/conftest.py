from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.cluster import Octahedron
from tests.workflows.submitting import call, place  # noqa: F401 - fixtures

from heterodot.workflows import Runner


def copper(seed: int = 0, size: int = 3) -> Atoms:
    """A rattled copper octahedron without a cell."""
    cluster = Octahedron("Cu", size)
    atoms = Atoms(cluster.numbers, cluster.positions)
    atoms.positions += np.random.default_rng(seed).normal(0, 0.05, atoms.positions.shape)
    return atoms


@pytest.fixture
def cluster() -> Atoms:
    return copper()


@pytest.fixture
def serial(tmp_path):
    """A runner in this process, with a store of its own."""
    with Runner(tmp_path / "store", executor="serial") as runner:
        yield runner


@pytest.fixture
def local(tmp_path):
    """A runner with two processes, with a store of its own."""
    with Runner(tmp_path / "store", workers=2) as runner:
        yield runner
