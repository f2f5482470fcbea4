"""Bonds of finite and periodic structures."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.data import covalent_radii
from ase.neighborlist import neighbor_list

from heterodot.bonds import find_bonds
from heterodot.structures import crystal, cut


def test_methane():
    bonds = find_bonds(molecule("CH4"))
    assert bonds.coordination.tolist() == [4, 1, 1, 1, 1]
    assert bonds.lengths == pytest.approx(1.09, abs=0.01)
    assert sorted(bonds.neighbours(0)) == [1, 2, 3, 4]
    assert np.linalg.norm(bonds.directions(2), axis=1) == pytest.approx(1.09, abs=0.01)


def test_no_atoms_and_no_bonds():
    assert find_bonds(Atoms()).pairs.shape == (0, 2)
    alone = find_bonds(Atoms("Cu"))
    assert alone.pairs.shape == (0, 2)
    assert alone.coordination.tolist() == [0]
    assert alone.neighbours(0).size == 0


def test_vectors_point_from_first_to_second():
    atoms = cut(crystal("CuInS2"), sphere=8.0)
    bonds = find_bonds(atoms)
    i, j = bonds.pairs.T
    assert np.all(i < j)
    assert bonds.vectors == pytest.approx(atoms.positions[j] - atoms.positions[i])


def test_same_as_ase_with_covalent_radii():
    atoms = cut(crystal("CsPbBr3-cubic"), sphere=9.0)
    i, j = neighbor_list("ij", atoms, 1.2 * covalent_radii[atoms.numbers])
    expected = {(a, b) for a, b in zip(i, j, strict=True) if a < b}
    assert {tuple(pair) for pair in find_bonds(atoms).pairs} == expected


@pytest.mark.parametrize(("name", "coordination"), [("ZnS", 4), ("Cu", 12)])
def test_periodic_bonds_count_every_image_once(name, coordination):
    atoms = crystal(name)
    assert set(find_bonds(atoms).coordination) == {coordination}
    one = bulk("Cu", a=3.615)
    assert find_bonds(one).coordination.tolist() == [12]
    assert len(find_bonds(one).pairs) == 6
