"""Bulk crystals: space groups, distances and angles, and where they may come from."""

import numpy as np
import pytest
import spglib
from ase import Atoms
from ase.build import bulk
from ase.io import write

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures import (
    crystal,
    crystal_entry,
    crystal_names,
    cut,
    interplanar_angle,
    interplanar_spacing,
    pyramid,
)

SPECIFIED = {
    "CuInS2": (122, (5.523, 5.523, 11.13)),
    "ZnS": (216, (5.409,) * 3),
    "ZnSe": (216, (5.668,) * 3),
    "CdS": (216, (5.832,) * 3),
    "CdSe": (216, (6.05,) * 3),
    "CdS-wurtzite": (186, (4.136, 4.136, 6.714)),
    "CdSe-wurtzite": (186, (4.299, 4.299, 7.010)),
    "InP": (216, (5.869,) * 3),
    "CsPbBr3": (62, (8.207, 8.255, 11.759)),
    "CsPbCl3-cubic": (221, (5.605,) * 3),
    "CsPbBr3-cubic": (221, (5.874,) * 3),
    "CsPbI3-cubic": (221, (6.289,) * 3),
    "TiO2-anatase": (141, None),
    "TiO2-rutile": (136, None),
    "MoS2": (194, None),
    "Ag": (225, None),
    "Cu": (225, None),
    "Au": (225, None),
}


def spglib_cell(atoms):
    return atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers


def test_the_table_is_the_specified_one():
    assert set(crystal_names()) == set(SPECIFIED)


@pytest.mark.parametrize("name", SPECIFIED)
def test_space_group_lattice_and_neutrality(name):
    atoms = crystal(name)
    number, lengths = SPECIFIED[name]
    found = spglib.get_symmetry_dataset(spglib_cell(atoms), symprec=1e-4)
    assert found.number == number == crystal_entry(name).number
    if lengths is not None:
        assert atoms.cell.lengths() == pytest.approx(lengths)
    assert atoms.arrays["formal_charge"].sum() == pytest.approx(0)
    assert set(atoms.arrays["sublattice"]) <= {"cation", "anion"}
    record = provenance.details(atoms)["crystal"]
    assert record["name"] == name
    assert record["source"]


@pytest.mark.parametrize("name", ["CuInS2", "ZnS", "CdS-wurtzite", "InP"])
def test_tetrahedral_crystals_have_four_unlike_bonds(name):
    atoms = crystal(name).repeat(2)
    bonds = find_bonds(atoms)
    assert set(bonds.coordination) == {4}
    sublattice = atoms.arrays["sublattice"]
    assert np.all(sublattice[bonds.pairs[:, 0]] != sublattice[bonds.pairs[:, 1]])


def test_octahedral_crystals():
    perovskite = crystal("CsPbBr3")
    d = perovskite.repeat(2).get_all_distances(mic=True)
    numbers = perovskite.repeat(2).numbers
    lead = np.flatnonzero(numbers == 82)[0]
    assert np.sort(d[lead][numbers == 35])[:6] == pytest.approx([2.97] * 6, abs=0.02)
    rutile = crystal("TiO2-rutile").repeat(2)
    assert set(find_bonds(rutile).coordination[rutile.numbers == 8]) == {3}
    layer = crystal("MoS2").repeat((3, 3, 1))
    d = layer.get_all_distances(mic=True)[np.ix_(layer.numbers == 42, layer.numbers == 16)]
    assert set((d < 2.5).sum(axis=1)) == {6}


def test_published_spacings_and_dihedral_angle_of_cuins2():
    """P1 (ACS Catal. 2023, 13, 15546) reads d(112) 0.315, d(220) 0.201 nm, 35° off its images."""
    cis = crystal("CuInS2")
    assert interplanar_angle(cis, (1, 1, 2), (2, 2, 0)) == pytest.approx(35, abs=0.3)
    assert interplanar_spacing(cis, (1, 1, 2)) == pytest.approx(3.15, rel=0.02)
    assert interplanar_spacing(cis, (2, 2, 0)) == pytest.approx(2.01, rel=0.03)


def test_spacing_in_a_cubic_and_a_hexagonal_crystal():
    assert interplanar_spacing(crystal("ZnS"), (1, 1, 1)) == pytest.approx(5.409 / np.sqrt(3))
    wurtzite = crystal("CdS-wurtzite")
    a, c = 4.136, 6.714
    expected = 1 / np.sqrt(4 / 3 * 1 / a**2 + 1 / c**2)
    assert interplanar_spacing(wurtzite, (1, 0, 1)) == pytest.approx(expected)
    assert interplanar_angle(wurtzite, (0, 0, 1), (1, 0, 0)) == pytest.approx(90)


@pytest.mark.parametrize("miller", [(0, 0, 0), (1, 1), (0.5, 0, 0)])
def test_bad_miller_indices(miller):
    with pytest.raises(StructureError, match="Miller"):
        interplanar_spacing(crystal("ZnS"), miller)


def test_files_and_foreign_objects_become_conventional(tmp_path):
    from pymatgen.core import Structure

    primitive = bulk("ZnS", "zincblende", a=5.41)
    for suffix in ("cif", "vasp"):
        write(tmp_path / f"zns.{suffix}", primitive)
    structure = Structure(primitive.cell.array, ["Zn", "S"], primitive.get_scaled_positions())
    for source in (primitive, tmp_path / "zns.cif", str(tmp_path / "zns.vasp"), structure):
        atoms = crystal(source)
        assert len(atoms) == 8
        assert provenance.details(atoms)["crystal"]["number"] == 216
        assert sorted(set(atoms.arrays["formal_charge"])) == [-2, 2]
    assert len(crystal(primitive, conventional=False)) == 2
    assert "sublattice" not in primitive.arrays


def test_formal_charges_can_be_given():
    atoms = crystal(bulk("MnS", "rocksalt", a=5.2), formal_charges={"Mn": 3})
    assert set(atoms.arrays["formal_charge"]) == {3, -2}
    with pytest.raises(StructureError, match="formal_charges"):
        crystal(bulk("ThS", "rocksalt", a=5.7))


def test_errors_name_the_nearest_and_say_what_is_wrong(tmp_path):
    with pytest.raises(StructureError, match="did you mean CuInS2"):
        crystal("CuInS")
    (tmp_path / "bad.cif").write_text("nonsense")
    with pytest.raises(StructureError, match=r"bad\.cif"):
        crystal(tmp_path / "bad.cif")
    with pytest.raises(StructureError, match="periodic"):
        crystal(Atoms("ZnS", [[0, 0, 0], [0, 0, 2.3]]))
    with pytest.raises(StructureError, match="expected a name"):
        crystal(3)


def test_atoms_on_top_of_each_other_are_no_crystal():
    twice = Atoms("Zn2", [[0, 0, 0], [0, 0, 0]], cell=[3, 3, 3], pbc=True)
    with pytest.raises(StructureError, match=r"atoms 0 \(Zn\) and 1 \(Zn\) are 0.000 Å apart"):
        crystal(twice)


def test_a_crystal_made_here_keeps_its_axes():
    """Pbnm would come back as Pnma, the standard setting, if it were standardised again."""
    bromide = crystal("CsPbBr3")
    again = crystal(bromide)
    np.testing.assert_array_equal(again.cell, bromide.cell)
    np.testing.assert_array_equal(again.positions, bromide.positions)
    stretched = bromide.copy()
    stretched.set_cell(bromide.cell * 1.01, scale_atoms=True)
    np.testing.assert_array_equal(crystal(stretched).cell, stretched.cell)


def test_builders_take_the_name_of_a_crystal():
    assert pyramid("ZnS", 3) == pyramid(crystal("ZnS"), 3)
    assert cut("CdS", sphere=8.0) == cut(crystal("CdS"), sphere=8.0)
    with pytest.raises(StructureError, match="did you mean ZnS"):
        pyramid("ZnO", 3)


@pytest.mark.parametrize("broken", ["cell", "positions"])
def test_numbers_that_are_not_finite_are_refused(broken):
    atoms = Atoms("Cu", cell=[3, 3, 3], pbc=True)
    if broken == "cell":
        atoms.cell[0, 0] = np.nan
    else:
        atoms.positions[0] = np.nan
    with pytest.raises(StructureError, match=r"\(nan, .*\).* expected finite"):
        crystal(atoms)
