"""Structures no code should see are refused, with the reason, by every code."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from heterodot.calculators import Level, code_names
from heterodot.calculators.validation import check_geometry, check_overlap
from heterodot.errors import RefusedError
from heterodot.provenance import update, with_charge

LEVELS = [Level(name) for name in code_names() if name != "ase"]
LEVELS.append(Level.from_ase("ase.calculators.morse:MorsePotential"))
every_level = pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.code)


def copper(*positions, **kwargs):
    return Atoms(f"Cu{len(positions)}", positions=positions, **kwargs)


@every_level
@pytest.mark.parametrize(
    ("atoms", "expected"),
    [
        (Atoms(), "no atoms"),
        (copper([0, 0, 0], [0, 0, np.nan]), "position of atom 1"),
        (copper([0, 0, 0], [0, np.inf, 0]), "position of atom 1"),
        (copper([0, 0, 0], [0, 0, 0.05]), r"atoms 0 \(Cu\) and 1 \(Cu\) overlap"),
        (copper([0, 0, 0], [0, 0, 1e-4]), "overlap"),
        (copper([0, 0, 0], [0, 0, 9.9], cell=[10, 10, 10], pbc=True), "overlap"),
        (copper([0, 0, 0], cell=[0.5, 10, 10], pbc=True), "overlap"),
        (copper([0, 0, 0], pbc=[True, False, False]), "direction 0 is periodic"),
        (copper([0, 0, 0], cell=[[3, 0, 0], [3, 0, 0], [0, 0, 3]], pbc=True), "no volume"),
        (Atoms("X", positions=[[0, 0, 0]]), "atomic number 0"),
    ],
)
def test_impossible_structures_are_refused(level, atoms, expected):
    with pytest.raises(RefusedError, match=expected) as caught:
        level.check(atoms)
    assert "\n" not in str(caught.value)
    with pytest.raises(RefusedError):
        level.calculator(atoms)


@every_level
@pytest.mark.parametrize("charge", [0.5, float("nan"), True])
def test_a_charge_must_be_a_whole_number(level, charge):
    atoms = copper([0, 0, 0], [0, 0, 2.5])
    update(atoms, charge=charge)
    with pytest.raises(RefusedError, match="whole number"):
        level.check(atoms)


@pytest.mark.parametrize("code", ["gfn1-xtb", "gpaw"])
def test_two_stories_about_the_charge_are_refused(code):
    atoms = molecule("OH")
    del atoms.arrays["initial_magmoms"]  # ASE's are the radical's
    atoms.set_initial_charges([-1, 0])
    with pytest.raises(RefusedError, match=r"initial charges sum to -1"):
        Level(code).check(atoms)
    assert Level(code).check(with_charge(atoms, -1)).charge == -1


@pytest.mark.parametrize("distance", [0.25, 0.35])
def test_the_overlap_limit_is_half_the_covalent_sum(distance):
    atoms = Atoms("H2", positions=[[0, 0, 0], [0, 0, distance]])
    if distance < 0.31:
        with pytest.raises(RefusedError, match=r"expected at least 0\.31 Å"):
            check_geometry(atoms)
    else:
        check_geometry(atoms)


def test_both_overlap_searches_agree():
    crystal = bulk("Cu", cubic=True) * (5, 5, 4)
    assert len(crystal) > 300
    check_overlap(crystal)
    crystal.positions[7] = crystal.positions[3] + [0.1, 0, 0]
    with pytest.raises(RefusedError, match=r"atoms 3 \(Cu\) and 7 \(Cu\)"):
        check_overlap(crystal)
    with pytest.raises(RefusedError, match="atoms 3"):
        check_overlap(crystal[:20])


def test_skewed_cells_hide_no_contact():
    rng = np.random.default_rng(0)
    for _ in range(30):
        cell = np.diag([4.0, 4.5, 5.0]) + rng.normal(scale=1.0, size=(3, 3))
        first = rng.random(3) @ cell
        image = first + [0.3, 0, 0] + rng.integers(-2, 3, size=3) @ cell
        with pytest.raises(RefusedError, match="overlap"):
            check_overlap(Atoms("HC", positions=[first, image], cell=cell, pbc=True))
