"""Overlap of orbitals at two geometries against tblite's own, and by moving a whole molecule."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from heterodot.calculators import Level
from heterodot.calculators.xtb.displaced_overlap import contractions, displaced_overlap


def orbitals(atoms, level):
    atoms.calc = level.calculator(atoms)
    atoms.get_potential_energy()
    return level.local_orbitals(atoms.calc, atoms)


def mixed():
    """Elements with s, p, d orbitals of n = 1 to 6, every rotation of each."""
    rng = np.random.default_rng(0)
    corners = np.array(list(np.ndindex(2, 2, 2))) * 4.0
    return Atoms("CsPbBrCdSHCuI", positions=corners + rng.uniform(0, 1.2, (8, 3)))


@pytest.mark.parametrize(("code", "near"), [("gfn1-xtb", 1e-4), ("gfn2-xtb", 1e-9)])
def test_one_geometry_is_tblites_overlap(code, near):
    level = Level(code)
    for atoms, tolerance in ((molecule("H2O"), 1e-10), (mixed(), near)):
        found = displaced_overlap(level.implementation.method, atoms, atoms)
        expected = orbitals(atoms, level).overlap[0]
        np.testing.assert_allclose(found, expected, atol=tolerance)


def test_a_crystal_is_tblites_overlap_with_all_its_images():
    level = Level("gfn2-xtb")
    atoms = Atoms("CdS", positions=[[0, 0, 0], [1.4, 1.5, 1.3]], cell=[6.0, 6.5, 7.0], pbc=True)
    found = displaced_overlap("GFN2-xTB", atoms, atoms)
    np.testing.assert_allclose(found, orbitals(atoms, level).overlap[0], atol=1e-3)


def test_two_geometries_are_the_blocks_of_both_at_once():
    """Molecules A and B are one structure to tblite; B is A moved, as its neighbour."""
    level = Level("gfn2-xtb")
    first = molecule("H2O")
    second = first.copy()
    second.positions += [2.9, 0.4, -0.3]
    both = orbitals(first + second, level).overlap[0]
    n = len(both) // 2
    np.testing.assert_allclose(
        displaced_overlap("GFN2-xTB", first, second), both[:n, n:], atol=1e-10
    )


def test_the_slope_of_s_and_p_of_one_atom():
    """⟨s|p_x displaced by δ⟩ is odd in δ, ⟨s|s⟩ even: what orthogonalised orbitals leave out."""
    here, there = Atoms("C"), Atoms("C", positions=[[0.01, 0, 0]])
    forth, back = (displaced_overlap("GFN1-xTB", *pair) for pair in ((here, there), (there, here)))
    np.testing.assert_allclose(forth, back.T, atol=1e-12)
    assert abs(forth[0, 3]) > 1e-3
    assert forth[0, 3] == pytest.approx(-forth[3, 0])
    assert forth[0, 0] == pytest.approx(1, abs=1e-3)


def test_hydrogens_second_s_is_orthogonal_to_the_first():
    first, second = contractions("GFN1-xTB", 1)
    total = np.pi / (first.exponents[:, None] + second.exponents)
    assert first.coefficients @ total**1.5 @ second.coefficients == pytest.approx(0, abs=1e-8)
