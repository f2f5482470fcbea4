"""Slabs: whole layers, the faces asked for, charges and dipoles that add up."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import spglib
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures import crystal
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.electrons import electron_count, formal_charges
from heterodot.structures.interfaces.slabs import points_in_supercell, slab


def record(atoms):
    return provenance.details(atoms)["slab"]


def symmetric_by_spglib(atoms):
    """Whether any operation of the slab turns its normal over."""
    full = atoms.copy()
    full.center(vacuum=10, axis=2)
    data = spglib.get_symmetry_dataset(
        (full.cell.array, full.get_scaled_positions(), full.numbers), symprec=1e-2
    )
    return any(rotation[2, 2] == -1 for rotation in data.rotations)


@pytest.mark.parametrize("face", ["PbBr2", "CsBr"])
def test_symmetric_perovskite_slab(face):
    made = slab("CsPbBr3", (0, 0, 1), layers=4, termination=face, kind="symmetric")
    said = record(made)
    assert (said["layers"], said["top"], said["bottom"]) == (5, face, face)
    assert said["symmetric"]
    assert not said["stoichiometric"]
    assert symmetric_by_spglib(made)
    assert "5 layers in place of 4" in provenance.notes(made)[0]


@pytest.mark.parametrize("layers", [4, 7])
@pytest.mark.parametrize(
    ("name", "miller"),
    [("CdS", (2, 1, 0)), ("TiO2-rutile", (1, 1, 0)), ("CsPbBr3", (1, 1, 1)), ("CuInS2", (1, 1, 0))],
)
def test_what_is_said_of_symmetry_is_true(name, miller, layers):
    made = slab(name, miller, layers=layers)
    assert record(made)["symmetric"] == symmetric_by_spglib(made)


def test_stoichiometric_perovskite_slab():
    made = slab("CsPbBr3", (0, 0, 1), layers=5, kind="stoichiometric")
    assert Counter(made.get_chemical_symbols()) == {"Cs": 6, "Pb": 6, "Br": 18}
    assert record(made)["stoichiometric"]
    assert not record(made)["symmetric"]


def test_layers_are_labelled_from_below():
    made = slab("CsPbBr3", (1, 1, 0), layers=5, termination="PbBr2")
    layer, z = made.arrays["layer"], made.positions[:, 2]
    for below in range(4):
        assert z[layer == below].max() < z[layer == below + 1].min()
    top = made[layer == 4]
    assert set(top.get_chemical_symbols()) == {"Pb", "Br"}
    assert set(made[made.arrays["role"] == "surface"].arrays["layer"]) == {0, 4}
    assert set(made.arrays["domain"]) == {"slab"}


def test_the_slab_is_the_crystal():
    """Every interatomic distance of an atom in the middle is one of the crystal's."""
    bulk = crystal("CsPbBr3")
    made = slab(bulk, (1, 1, 2), thickness=22, repeat=(2, 2))
    z = made.positions[:, 2] - made.positions[:, 2].mean()
    lead = next(i for i in np.flatnonzero(made.numbers == 82) if abs(z[i]) < 2)
    block = bulk.repeat((3, 3, 3))
    centre = int(np.flatnonzero(block.numbers == 82)[27])
    for number in (35, 55, 82):
        near = _sorted_distances(made, lead, number)
        far = _sorted_distances(block, centre, number)
        n = min(len(near), len(far))
        assert n > 2
        assert np.allclose(near[:n], far[:n], atol=1e-6)


def _sorted_distances(atoms, index, number, reach=7.5):
    from ase.neighborlist import primitive_neighbor_list

    i, j, d = primitive_neighbor_list("ijd", atoms.pbc, atoms.cell.array, atoms.positions, reach)
    return np.sort(d[(i == index) & (atoms.numbers[j] == number)])


def test_thickness_is_reached_by_the_fewest_layers():
    made = slab("CsPbBr3-cubic", (0, 0, 1), thickness=11.7)
    assert record(made)["layers"] == 5
    assert np.ptp(made.positions[:, 2]) == pytest.approx(2 * 5.874)
    assert record(slab("CsPbBr3-cubic", (0, 0, 1), thickness=11.8))["layers"] == 6


def test_vacuum_is_the_empty_height():
    made = slab("Cu", (1, 1, 1), layers=3, vacuum=12.0)
    assert made.cell.array[2] == pytest.approx([0, 0, 12 + np.ptp(made.positions[:, 2])])
    assert made.pbc.tolist() == [True, True, False]


def test_polar_faces_are_said_and_refused():
    made = slab("CdS", (1, 1, 1), layers=8, termination="Cd")
    polarity = record(made)["polarity"]
    assert (polarity["tasker"], polarity["polar"]) == (3, True)
    area, step = 5.832**2 * np.sqrt(3) / 4, 5.832 * np.sqrt(3) / 12
    assert polarity["dipole_per_area"] == pytest.approx(4 * 2 * step / area)  # four bilayers
    assert "polar (Tasker type 3" in provenance.notes(made)[0]
    with pytest.raises(StructureError, match="is polar"):
        slab("CdS", (1, 1, 1), layers=8, polarity="refuse")


@pytest.mark.parametrize(
    ("miller", "repeat", "moved"),
    [((1, 1, 1), (2, 2), "1 of 4 Cd"), ((0, 0, 1), (2, 1), "1 of 2 Cd")],
)
def test_moving_ions_cancels_the_dipole(miller, repeat, moved):
    """A quarter of the ions on zinc blende (111), half of them on (001)."""
    made = slab("CdS", miller, layers=8, termination="Cd", repeat=repeat, polarity="compensate")
    polarity = record(made)["polarity"]
    assert polarity["compensation"].startswith(moved)
    charges, z = made.arrays["formal_charge"], made.positions[:, 2]
    assert charges.sum() == 0
    assert charges @ z == pytest.approx(0, abs=1e-6)
    assert Counter(made.get_chemical_symbols())["Cd"] == len(made) / 2
    below = made[made.arrays["layer"] == 0]
    assert set(below.get_chemical_symbols()) == {"Cd"}
    length = 5.832 * np.sqrt(3) / 4
    bonds = lattice_bonds(made)
    assert np.allclose(bonds.lengths, length, atol=1e-6)  # moved ions sit on lattice sites
    assert bonds.coordination.min() >= 1


def test_half_of_the_ions_of_a_rock_salt_face():
    from ase.build import bulk

    salt = bulk("MgO", "rocksalt", a=4.21, cubic=True)
    made = slab(salt, (1, 1, 1), layers=8, repeat=(2, 1), polarity="compensate")
    assert record(made)["polarity"]["compensation"].startswith("1 of 2")
    assert made.arrays["formal_charge"] @ made.positions[:, 2] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"repeat": (1, 1)}, "larger repeat"),
        ({"repeat": (2, 2), "layers": 7}, "stoichiometric"),
    ],
)
def test_what_cannot_be_compensated_says_why(options, words):
    given_options = {"layers": 8, "polarity": "compensate", **options}
    with pytest.raises(StructureError, match=words):
        slab("CdS", (1, 1, 1), **given_options)


def test_non_polar_faces_of_type_two():
    made = slab("TiO2-rutile", (1, 1, 0), layers=9, termination="O-a", kind="symmetric")
    said = record(made)
    assert said["stoichiometric"]
    assert said["symmetric"]
    assert (said["polarity"]["tasker"], said["polarity"]["polar"]) == (2, False)
    assert symmetric_by_spglib(made)


def test_no_symmetric_slab_where_the_crystal_has_none():
    with pytest.raises(StructureError, match="no symmetry of the crystal turns its normal over"):
        slab("CdS", (1, 1, 1), layers=6, kind="symmetric")


def test_passivated_faces_have_full_coordination():
    made = slab(
        "CdS",
        (1, 1, 1),
        layers=6,
        repeat=(2, 2),
        passivate_top="pseudo-H",
        passivate_bottom="pseudo-H",
        domain="film",
    )
    hydrogens = made.numbers == 1
    assert hydrogens.sum() == 8  # one bond an atom of the (2 × 2) faces
    assert sorted(set(made.arrays["pseudo_hydrogen"][hydrogens])) == [0.5, 1.5]
    count = electron_count(made)
    assert count.whole
    assert count.formal_charge_sum == 0
    assert set(made.arrays["domain"]) == {"film"}
    z = made.positions[:, 2]
    assert z[hydrogens].min() == z.min()
    assert z[hydrogens].max() == z.max()


def test_only_one_face_of_a_single_layer_is_passivated():
    made = slab("CdS", (1, 1, 0), layers=1, passivate_bottom="pseudo-H")
    hydrogens = made.numbers == 1
    assert hydrogens.sum() == 2
    assert made.positions[hydrogens, 2].max() < made.positions[~hydrogens, 2].min()


def test_pseudo_hydrogens_are_for_tetrahedral_crystals():
    from ase.build import bulk

    with pytest.raises(StructureError, match="has no ions"):
        slab(bulk("Si", "diamond", a=5.431), (1, 1, 1), layers=4, passivate_top="pseudo-H")
    with pytest.raises(StructureError, match="Ti is in no tetrahedral semiconductor"):
        slab("TiO2-anatase", (1, 0, 1), layers=3, passivate_top="pseudo-H")


@settings(max_examples=10, deadline=None)
@given(
    name=st.sampled_from(["CdS", "CsPbBr3-cubic", "TiO2-rutile", "MoS2"]),
    miller=st.tuples(*[st.integers(-2, 2)] * 3).filter(any),
    layers=st.integers(1, 9),
    matrix=st.tuples(*[st.integers(-2, 3)] * 4).filter(lambda m: m[0] * m[3] - m[1] * m[2] > 0),
)
def test_counts_of_any_slab(name, miller, layers, matrix):
    bulk = crystal(name)
    transform = np.reshape(matrix, (2, 2))
    made = slab(bulk, miller, layers=layers, repeat=transform.tolist(), kind="stoichiometric")
    counts, own = Counter(made.get_chemical_symbols()), Counter(bulk.get_chemical_symbols())
    assert len({counts[s] / own[s] for s in own}) == 1
    assert made.arrays["formal_charge"].sum() == pytest.approx(0)
    one = slab(bulk, miller, layers=layers, kind="stoichiometric")
    assert len(made) == len(one) * round(np.linalg.det(transform))
    shortest = _sorted_all(made)
    assert shortest.min() > _sorted_all(bulk).min() - 1e-6


def _sorted_all(atoms):
    from ase.neighborlist import primitive_neighbor_list

    return primitive_neighbor_list("d", atoms.pbc, atoms.cell.array, atoms.positions, 3.5)


@pytest.mark.parametrize(
    "matrix", [((3, 1), (-1, 2)), ((10**6, 10**6 - 1), (1, 1)), ((0, -2), (3, 1))]
)
def test_lattice_points_of_a_supercell_are_its_classes(matrix):
    transform = np.array(matrix)
    points = points_in_supercell(transform)
    assert len(points) == round(np.linalg.det(transform))
    scaled = points @ np.linalg.inv(transform)
    classes = {tuple(np.round(row % 1.0, 6) % 1.0) for row in scaled}
    assert len(classes) == len(points)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layers": 0}, "layers 0"),
        ({"layers": 2.5}, "layers 2.5"),
        ({"layers": True}, "layers True"),
        ({"thickness": 0}, "thickness 0"),
        ({"thickness": -3.0}, "thickness -3"),
        ({"thickness": float("nan")}, "thickness nan"),
        ({"layers": 3, "thickness": 9.0}, "one of the two"),
        ({"termination": "PbI2"}, "expected one of PbBr2, CsBr"),
        ({"termination": 7}, "expected 0…1"),
        ({"termination": True}, "a name"),
        ({"kind": "thick"}, "kind 'thick'"),
        ({"polarity": "ignore"}, "polarity 'ignore'"),
        ({"vacuum": -2.0}, "vacuum -2"),
        ({"repeat": (0, 1)}, "positive determinant"),
        ({"repeat": ((0, 1), (1, 0))}, "right-handed"),
        ({"repeat": "2x2"}, "two whole numbers"),
        ({"repeat": (100_000, 100_000)}, "more than half of this machine's memory"),
        ({"thickness": 9e5, "repeat": (1000, 1000)}, "memory"),
        ({"passivate_top": "F"}, "pseudo-H"),
        (
            {"termination": "PbBr2", "bottom_termination": "CsBr", "kind": "symmetric"},
            "no symmetric",
        ),
    ],
)
def test_impossible_slabs_are_one_line(options, words):
    with pytest.raises(StructureError, match=words) as error:
        slab("CsPbBr3-cubic", (0, 0, 1), **options)
    assert "\n" not in str(error.value)


def test_the_crystal_given_is_not_changed():
    bulk = crystal("CdS")
    before = bulk.copy()
    slab(bulk, (1, 1, 1), layers=8, repeat=(2, 2), polarity="compensate", passivate_top="pseudo-H")
    assert bulk == before
    assert bulk.info == before.info


def corundum():
    from ase.spacegroup import crystal as spacegroup_crystal

    return spacegroup_crystal(
        ("Al", "O"),
        [(0, 0, 0.35216), (0.30624, 0, 0.25)],  # E. N. Maslen et al., Acta Cryst. B 49, 973 (1993)
        spacegroup=167,
        cellpar=[4.757, 4.757, 12.9877, 90, 90, 120],
    )


def formal_energy(atoms):
    """By pymatgen's Ewald sum, eV."""
    from pymatgen.analysis.ewald import EwaldSummation
    from pymatgen.core import Structure

    structure = Structure(
        atoms.cell.array, atoms.numbers, atoms.positions, coords_are_cartesian=True
    )
    structure.add_oxidation_state_by_site(formal_charges(atoms).tolist())
    return float(EwaldSummation(structure, acc_factor=10).total_energy)


@pytest.mark.parametrize("face", ["Al", "O"])
def test_a_rumpled_face_gives_up_the_ion_that_costs_least(face):
    """Al2O3 (0001): the known faces end with one Al each; the other Al of the layer costs 30 eV."""
    options = {"layers": 8, "termination": face}
    made = slab(corundum(), (0, 0, 1), polarity="compensate", **options)
    assert symmetric_by_spglib(made)
    polar = slab(corundum(), (0, 0, 1), **options)
    mixed = np.flatnonzero(polar.symbols == "Al")
    ends = [i for i in mixed if polar.arrays["layer"][i] in (0, 7)]
    assert len(ends) == 2
    step = 2 * 12.9877 / 3 * (-1 if face == "Al" else 1)
    energies = []
    for ion in ends:  # two periods of the rhombohedral lattice: 2(a + 2b + c)/3 or its like
        for a in range(3):
            for b in range(3):
                other = polar.copy()
                shift = (a * other.cell.array[0] + b * other.cell.array[1]) / 3
                other.positions[ion] += shift + np.array([0, 0, step])
                other.center(vacuum=7.5, axis=2)
                near = other.get_all_distances(mic=True) + 9 * np.eye(len(other))
                if near.min() > 1.8:  # Å; in the other registries Al lies on top of O or Al
                    energies.append(formal_energy(other))
    assert formal_energy(made) <= min(energies) + 0.01
    assert max(energies) > min(energies) + 10


def test_the_single_aluminium_face_is_reached_by_planes():
    """Al2O3 (0001) ends with one Al on both sides: the sequence Al–O3–Al, not polar, type 2.

    It is the face that compensation finds, too, and both ways have the least energy.
    """
    made = slab(corundum(), (0, 0, 1), layers=12, planes=True)
    said = record(made)
    assert said["symmetric"]
    assert symmetric_by_spglib(made)
    assert (said["polarity"]["tasker"], said["polarity"]["polar"]) == (2, False)
    assert formal_charges(made) @ made.positions[:, 2] == pytest.approx(0, abs=1e-6)
    assert made.get_chemical_formula(empirical=True) == "Al2O3"
    for outer in (0, made.arrays["layer"].max()):
        assert (made.arrays["layer"] == outer).sum() == 1
    compensated = slab(
        corundum(), (0, 0, 1), layers=8, termination="Al", polarity="compensate", repeat=(1, 1)
    )
    assert record(compensated)["symmetric"]
    assert symmetric_by_spglib(compensated)
    assert "faces alike" in provenance.notes(compensated)[-1]
    assert formal_energy(made) == pytest.approx(formal_energy(compensated), abs=0.01)
    named = slab(corundum(), (0, 0, 1), layers=12, planes=True, termination="Al-b")
    assert named.positions == pytest.approx(made.positions)
    with pytest.raises(StructureError, match="more than one: say one of Al-a, O, Al-b"):
        slab(corundum(), (0, 0, 1), layers=12, planes=True, termination="Al")


@pytest.mark.parametrize(("lattice", "u"), [((4.136, 6.714), 0.377), ((3.2498, 5.2066), 0.3819)])
def test_whole_ions_compensate_wurtzite_but_for_what_its_u_leaves(lattice, u):
    """CdS and ZnO (0001): one of four ions, as at the ideal u = 3/8.

    Each of N repeats (of two bilayers, of charge ±2Q) has the dipole 2QNc(1/2 − u), of which the
    quarter of Q that moves by Nc takes 2QNc/8; the rest is 2QNc(3/8 − u).
    """
    from ase.build import bulk

    a, c = lattice
    wurtzite = bulk("ZnO" if u > 0.38 else "CdS", "wurtzite", a=a, c=c, u=u)
    made = slab(wurtzite, (0, 0, 1), layers=8, repeat=(2, 2), polarity="compensate")
    said = record(made)["polarity"]
    assert said["compensation"].startswith("1 of 4")
    area = a**2 * np.sqrt(3) / 2
    assert abs(said["dipole_before"]) == pytest.approx(2 * 2 * 2 * c * (0.5 - u) / area, rel=1e-4)
    assert abs(said["dipole_per_area"]) == pytest.approx(
        2 * 2 * 2 * c * (u - 0.375) / area, rel=1e-3
    )
    assert "is left" in said["compensation"]
    assert record(made)["symmetric"] is symmetric_by_spglib(made) is False


def test_one_passivated_face_is_not_like_the_other():
    options = {"layers": 5, "kind": "symmetric"}
    both = {"passivate_top": "pseudo-H", "passivate_bottom": "pseudo-H"}
    assert record(slab("ZnS", (1, 1, 0), **options, **both))["symmetric"]
    one = slab("ZnS", (1, 1, 0), **options, passivate_top="pseudo-H")
    assert not record(one)["symmetric"]
    assert not symmetric_by_spglib(one)


def test_mixed_faces_are_compensated_by_ions_of_the_right_charge():
    made = slab("CuInS2", (1, 1, 2), layers=8, termination="CuIn", polarity="compensate")
    polarity = record(made)["polarity"]
    assert abs(polarity["dipole_per_area"]) < 2e-3
    assert made.get_chemical_formula(empirical=True) == "CuInS2"


def test_pair_potentials_are_pymatgens_and_madelungs():
    from ase.build import bulk

    from heterodot.structures.chemistry.ewald import pair_potentials, potentials

    salt = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    q = np.where(salt.symbols == "Na", 1.0, -1.0)
    own = 0.5 * q @ pair_potentials(salt.cell.array, salt.positions, salt.positions) @ q
    assert own / 4 == pytest.approx(-1.7475646 * 14.3996454 / 2.82, rel=1e-6)  # Madelung's NaCl
    made = slab("CdS", (1, 1, 1), layers=8, termination="Cd", repeat=(2, 2), polarity="compensate")
    q = formal_charges(made)
    own = 0.5 * q @ pair_potentials(made.cell.array, made.positions, made.positions) @ q
    assert own == pytest.approx(formal_energy(made), abs=1e-3)
    felt = potentials(made.cell.array, made.positions, made.positions, q)
    assert 0.5 * q @ felt == pytest.approx(own, abs=1e-6)
