"""Magic-size clusters, their gate, their point groups, and dopants on them."""

from math import comb

import numpy as np
import pytest
from ase import Atoms
from ase.optimize import LBFGS
from ase.units import Bohr, Hartree
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.calculators import Level
from heterodot.errors import StructureError
from heterodot.provenance import with_charge
from heterodot.structures import (
    check_cluster,
    dope,
    electron_count,
    magic_size_cluster,
    molecule,
    point_group,
    tetrahedral_cluster,
)
from heterodot.structures.clusters.gate import coordination_statistics
from heterodot.structures.clusters.rings import ring_statistics

POINT_GROUPS = {6: "D3d", 12: "Th", 16: "Td", 28: "T"}


def _record(atoms):
    return provenance.details(atoms)["cluster"]


@pytest.mark.parametrize("n", [6, 12, 13, 16, 28, 33, 34])
def test_every_magic_size_is_one_whole_piece_with_the_right_coordination(n):
    atoms = magic_size_cluster("CdSe", n)
    assert atoms.get_chemical_formula() == f"Cd{n}Se{n}"
    assert check_cluster(atoms) == []
    statistics = coordination_statistics(atoms)
    assert sum(statistics.values()) == 2 * n
    assert _record(atoms)["coordination"] == {str(k): v for k, v in statistics.items()}
    assert electron_count(atoms).imbalance == 0
    assert not electron_count(atoms).odd
    assert (atoms.symbols == "Cd")[:n].all()
    if n in POINT_GROUPS:
        assert point_group(atoms) == _record(atoms)["point_group"] == POINT_GROUPS[n]
        assert statistics == {3: 2 * n}
    if n in (33, 34):
        assert (atoms.arrays["domain"] == "cage").sum() == 56
        assert _record(atoms)["form"] == "core-cage"


@pytest.mark.parametrize(
    ("compound", "bulk"),
    [("ZnS", 2.342), ("ZnSe", 2.454), ("ZnTe", 2.638), ("CdS", 2.525), ("CdTe", 2.806)],
)
def test_bonds_are_a_little_shorter_than_in_the_crystal(compound, bulk):
    """Zinc-blende bonds √3a/4; three-coordinate ions sit up to 4 % closer."""
    atoms = magic_size_cluster(compound, 12)
    bonds = find_bonds(atoms)
    i, j = bonds.pairs.T
    unlike = atoms.numbers[i] != atoms.numbers[j]
    assert unlike.sum() == 36
    assert 0.96 < bonds.lengths[unlike].mean() / bulk < 1.0
    assert bonds.lengths[unlike].std() < 0.05


def test_bond_length_and_names():
    atoms = magic_size_cluster("(ZnS)12", bond_length=2.3)
    bonds = find_bonds(atoms)
    unlike = atoms.numbers[bonds.pairs[:, 0]] != atoms.numbers[bonds.pairs[:, 1]]
    assert bonds.lengths[unlike].mean() == pytest.approx(2.3)
    for same in (magic_size_cluster("Zn12S12"), magic_size_cluster("ZnS", 12)):
        assert same.get_chemical_formula() == atoms.get_chemical_formula()
    again = magic_size_cluster("(ZnS)12", bond_length=2.3)
    assert np.array_equal(again.positions, atoms.positions)


def test_hollow_isomers_are_different_structures():
    shapes = [magic_size_cluster("CdSe", 12, isomer=i) for i in range(3)]
    spirals = {tuple(_record(a)["cage"]["spiral"]) for a in shapes}
    assert len(spirals) == 3
    assert [point_group(a) for a in shapes] == ["Th", "S4", "C2"]
    hollow = magic_size_cluster("CdSe", 34, form="cage")
    assert coordination_statistics(hollow) == {3: 68}


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("CdSe", 5), {}, "4 to 40 without 5"),
        (("CdSe", 41), {}, "magic sizes: 6, 12, 13, 16, 28, 33, 34"),
        (("CdSe",), {}, "without n"),
        (("CdSe", True), {}, "4 to 40"),
        (("CdSe", 12.5), {}, "4 to 40"),
        (("CdSe", float("nan")), {}, "4 to 40"),
        (("NaCl", 12), {}, "Zn, Cd, Hg"),
        (("Cd6Se7",), {}, "not stoichiometric"),
        (("(CdSe)13", 12), {}, "two different sizes"),
        (("CdSe", 12), {"form": "core-cage"}, "33, 34"),
        (("CdSe", 12), {"form": "best cage"}, "expected one of best"),
        (("CdSe", 12), {"isomer": 3}, "cages 0…2"),
        (("CdSe", 12), {"isomer": -1}, "cages 0…2"),
        (("CdSe", 12), {"bond_length": float("nan")}, "1.5 and 4.0"),
    ],
)
def test_what_cannot_be_built_is_said_in_one_line(arguments, options, message):
    with pytest.raises(StructureError, match=message) as error:
        magic_size_cluster(*arguments, **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("n", "isomer"), [(12, 0), (12, 1), (13, 1), (14, 2), (16, 0), (18, 3)])
def test_the_rings_of_a_hollow_cage_are_its_faces(n, isomer):
    atoms = magic_size_cluster("CdSe", n, isomer=isomer)
    assert ring_statistics(atoms, largest=6) == {4: 6, 6: n - 4}
    assert {**_record(atoms)["rings"], "4": 6, "6": n - 4} == _record(atoms)["rings"]


def test_the_stuffed_cage_of_thirteen_has_one_selenium_inside():
    atoms = magic_size_cluster("CdSe", 13, form="core-cage")
    inside = atoms[atoms.arrays["domain"] == "core"]
    assert inside.get_chemical_symbols() == ["Se"]
    assert check_cluster(atoms) == []
    assert coordination_statistics(atoms) == {3: 20, 4: 6}
    assert any("against the hollow cage" in note for note in provenance.notes(atoms))
    assert point_group(atoms) == "Cs"
    assert [m for _, m in dope(atoms, "Mn")] == [2, 2, 2, 2, 2, 1, 1, 1]
    assert _record(magic_size_cluster("CdS", 13))["form"] == "core-cage"
    assert _record(magic_size_cluster("CdSe", 13))["form"] == "cage"


def test_a_size_that_is_not_magic_is_built_and_said_to_be_a_guess():
    atoms = magic_size_cluster("CdSe", 15)
    assert check_cluster(atoms) == []
    assert any("guess" in note for note in provenance.notes(atoms))


def test_the_gate_names_what_is_wrong():
    good = magic_size_cluster("CdSe", 12)
    two = good.copy()
    far = good.copy()
    far.positions += 30.0
    two.extend(far)
    assert check_cluster(two) == ["2 fragments; expected one"]
    swapped = good.copy()
    i, j = 0, int(np.argsort(good.get_distances(0, range(24)))[1])
    swapped.symbols[[i, j]] = ["Se", "Cd"]
    del swapped.arrays["formal_charge"]
    problems = check_cluster(swapped)
    assert any("like ions" in p for p in problems)
    assert any("bonds; expected 3 to 5" in p for p in problems)
    assert check_cluster(Atoms("Cu2", [[0, 0, 0], [0, 0, 2.2]]))[0].startswith("Cu2 is not")
    broken = good.copy()
    broken.positions[0] = np.nan
    assert "not finite" in check_cluster(broken)[0]
    assert "no atoms" in check_cluster(Atoms())[0]


@pytest.mark.parametrize(
    ("atoms", "symbol"),
    [
        (Atoms("H"), "Kh"),
        (molecule("H2"), "D*h"),
        (molecule("CO"), "C*v"),
        (molecule("CO2"), "D*h"),
        (molecule("H2O"), "C2v"),
        (molecule("COOH"), "Cs"),
        (Atoms("CH4", [[0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]), "Td"),
        (Atoms("SF6", [[0, 0, 0], *(1.5 * np.vstack([np.eye(3), -np.eye(3)]))]), "Oh"),
        (Atoms("BF3", [[0, 0, 0], *([np.cos(a), np.sin(a), 0] for a in (0, 2.0943951, 4.1887902))]),
         "D3h"),
    ],
)  # fmt: skip
def test_point_groups_of_known_molecules(atoms, symbol):
    assert point_group(atoms) == symbol


@settings(max_examples=12, deadline=None)
@given(
    n=st.sampled_from([6, 7, 8, 9, 10, 11, 12, 14]),
    turn=st.tuples(*[st.floats(-3, 3)] * 3),
    mirrored=st.booleans(),
)
def test_point_groups_agree_with_pymatgen_in_any_orientation(n, turn, mirrored):
    from pymatgen.core import Molecule
    from pymatgen.symmetry.analyzer import PointGroupAnalyzer
    from scipy.spatial.transform import Rotation

    atoms = magic_size_cluster("CdSe", n)
    atoms.positions = atoms.positions @ Rotation.from_rotvec(turn).as_matrix().T
    if mirrored:
        atoms.positions[:, 0] *= -1
    other = PointGroupAnalyzer(Molecule(list(atoms.symbols), atoms.positions), tolerance=0.1)
    assert point_group(atoms) == other.sch_symbol == _record(atoms)["point_group"]


@pytest.mark.parametrize(("n", "count"), [(6, 1), (6, 2), (6, 3), (12, 2), (13, 1), (13, 2)])
def test_dopants_on_distinct_sites_are_counted_with_their_multiplicities(n, count):
    cluster = magic_size_cluster("CdSe", n)
    before = cluster.copy()
    found = dope(cluster, "Mn", count)
    assert sum(multiplicity for _, multiplicity in found) == comb(n, count)
    for atoms, _ in found:
        assert atoms.get_chemical_symbols().count("Mn") == count
        assert provenance.details(atoms)["unpaired_electrons"] == 5 * count
        assert atoms.get_initial_magnetic_moments().sum() == 5 * count
        assert electron_count(atoms).odd == (count % 2 == 1)
        assert electron_count(atoms).imbalance == 0
    assert cluster == before


def test_pairs_on_the_drum_by_hand():
    """Cd6Se6 is a trigonal antiprism of Cd: three kinds of pairs, 6 + 6 + 3."""
    found = dope(magic_size_cluster("CdSe", 6), "Co", 2)
    assert sorted(multiplicity for _, multiplicity in found) == [3, 6, 6]


@pytest.mark.parametrize(("dopant", "unpaired"), [("Mn", 5), ("Co", 3), ("Cu", 1)])
def test_a_doped_cluster_runs_at_the_multiplicity_it_says(dopant, unpaired):
    atoms, _ = dope(magic_size_cluster("CdSe", 6), dopant)[0]
    assert Level("gfn1-xtb").check(atoms).n_unpaired == unpaired
    assert Level("gfn1-xtb").check(with_charge(atoms, 1)).n_unpaired == unpaired - 1
    with pytest.raises(Exception, match="odd electron count"):
        Level("gfn1-xtb", overrides={"multiplicity": unpaired}).check(atoms)
    assert np.sum(atoms.arrays["formal_charge"]) == 0  # Cu is 2+ here


def test_what_cannot_be_doped_is_refused():
    drum = magic_size_cluster("CdSe", 6)
    for arguments, message in [
        (("In",), "divalent"), (("Mn", 7), "0 to 6"), (("Mn", -1), "0 to 6"),
        (("Mn", True), "0 to 6"), (("Cd",), "already"), (("Xx",), "divalent"),
    ]:  # fmt: skip
        with pytest.raises(StructureError, match=message):
            dope(drum, *arguments)
    with pytest.raises(StructureError, match="cation"):
        dope(Atoms("Cu2", [[0, 0, 0], [0, 0, 2.2]]), "Mn")
    assert dope(drum, "Mn", 0)[0][1] == 1


@pytest.mark.parametrize("layers", [2, 3, 4])
def test_the_tetrahedral_series_grows_layer_by_layer(layers):
    bare = tetrahedral_cluster("CdSe", layers)
    capped = tetrahedral_cluster("CdSe", layers, passivant="Cl")
    cations, anions = (bare.get_chemical_symbols().count(s) for s in ("Cd", "Se"))
    assert cations == layers * (layers + 1) * (layers + 2) // 6
    assert anions == (layers - 1) * layers * (layers + 1) // 6
    assert electron_count(capped).imbalance == 0


def _relaxed(atoms, fmax):
    relaxed = atoms.copy()
    relaxed.calc = Level("gfn1-xtb").calculator(relaxed)
    LBFGS(relaxed, maxstep=0.1, logfile=None).run(fmax=fmax, steps=60)
    return relaxed.get_potential_energy(), relaxed


def _by_tblite(atoms):
    """Energy (eV) and gradient (eV/Å) by tblite's own interface, without ASE or our calculator."""
    from tblite.interface import Calculator

    bare = Calculator("GFN1-xTB", atoms.numbers, atoms.positions / Bohr)
    bare.set("verbosity", 0)
    found = bare.singlepoint()
    return found.get("energy") * Hartree, found.get("gradient") * Hartree / Bohr


def _minimum_by_tblite(atoms):
    """Energy of the minimum, eV, by tblite's own gradients and SciPy's minimiser."""
    from scipy.optimize import minimize

    def asked(x):
        moved = Atoms(atoms.numbers, x.reshape(-1, 3))
        energy, gradient = _by_tblite(moved)
        return energy, gradient.ravel()

    start = atoms.positions.ravel()
    return minimize(asked, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}).fun


def test_small_clusters_stay_themselves_when_relaxed():
    energies = {}
    for n, compound in [(6, "CdSe"), (12, "ZnS")]:
        start = magic_size_cluster(compound, n)
        energies[n], relaxed = _relaxed(start, fmax=0.1)
        assert check_cluster(relaxed) == []
        assert coordination_statistics(relaxed) == {3: 2 * n}
        assert point_group(relaxed, 0.2) == POINT_GROUPS[n]
    assert energies[6] / 6 == pytest.approx(-115.516, abs=0.01)
    # relaxed to 0.1 eV/Å: a few meV above the minimum, never below it
    lowest = _minimum_by_tblite(magic_size_cluster("CdSe", 6))
    assert -1e-4 < (energies[6] - lowest) / 6 < 5e-3


@pytest.mark.slow
@pytest.mark.parametrize("compound", ["ZnS", "ZnSe", "ZnTe", "CdS", "CdSe", "CdTe"])
def test_all_compounds_pass_the_gate_when_relaxed(compound):
    for n, form in [(6, "cage"), (12, "cage"), (13, "cage"), (13, "core-cage"), (16, "cage")]:
        _, relaxed = _relaxed(magic_size_cluster(compound, n, form=form), fmax=0.05)
        assert check_cluster(relaxed) == []


@pytest.mark.slow
@pytest.mark.parametrize(("n", "energy"), [(33, -116.009), (34, -116.016)])
def test_core_cage_clusters_pass_the_gate_and_lie_below_the_cages(n, energy):
    total, relaxed = _relaxed(magic_size_cluster("CdSe", n), fmax=0.05)
    assert check_cluster(relaxed) == []
    assert total / n == pytest.approx(energy, abs=0.01)
    without_us, gradient = _by_tblite(relaxed)
    assert total == pytest.approx(without_us, abs=5e-3)
    assert np.linalg.norm(gradient, axis=1).max() < 0.055  # a minimum to tblite itself
    hollow, _ = _relaxed(magic_size_cluster("CdSe", 16), fmax=0.05)
    assert total / n < hollow / 16 - 0.1
