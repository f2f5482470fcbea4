"""Tetrahedral dots: counts, termination, orientation and what is written on the atoms."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import read, write

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures import crystal, pyramid


@pytest.fixture(scope="module")
def cis():
    return crystal("CuInS2")


def split(dot):
    """Masks of cations and anions."""
    cation = dot.arrays["sublattice"] == "cation"
    return cation, ~cation


@pytest.mark.parametrize("name", ["ZnS", "CuInS2", "InP"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
def test_supertetrahedra_with_anion_facets(name, n):
    dot = pyramid(crystal(name), n)
    cation, anion = split(dot)
    assert cation.sum() == n * (n + 1) * (n + 2) // 6
    assert anion.sum() == (n + 1) * (n + 2) * (n + 3) // 6
    coordination = find_bonds(dot).coordination
    assert set(coordination[cation]) == {4}
    assert (coordination[anion] == 1).sum() == 4


@pytest.mark.parametrize("name", ["ZnS", "CuInS2", "InP"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
def test_supertetrahedra_with_cation_facets(name, n):
    dot = pyramid(crystal(name), n, termination="cation")
    cation, anion = split(dot)
    assert cation.sum() == n * (n + 1) * (n + 2) // 6
    assert anion.sum() == (n - 1) * n * (n + 1) // 6
    assert set(find_bonds(dot).coordination[anion]) <= {4}


def test_the_six_layer_model_of_the_published_dots(cis):
    """P1's dots: six layers, 3.2-3.4 nm, about 80 % of the cations at the surface."""
    dot = pyramid(cis, 9, 6)
    cation, anion = split(dot)
    assert cation.sum() == 155
    assert (dot.arrays["role"][cation] == "surface").mean() == pytest.approx(0.78, abs=0.005)
    assert sorted(set(dot.arrays["layer"][cation])) == list(range(6))
    base = dot.arrays["layer"] == 0
    assert np.ptp(dot.positions[base & cation, 0]) == pytest.approx(31.2, abs=0.3)
    assert np.ptp(dot.positions[base & anion, 0]) == pytest.approx(35.1, abs=0.3)
    assert set(find_bonds(dot).coordination[cation]) == {4}


@pytest.mark.parametrize(("n", "fraction"), [(6, 0.93), (9, 0.79), (10, 0.75)])
def test_surface_fractions_of_whole_tetrahedra(cis, n, fraction):
    dot = pyramid(cis, n)
    roles = dot.arrays["role"][split(dot)[0]]
    assert (roles == "surface").mean() == pytest.approx(fraction, abs=0.006)


@pytest.mark.parametrize("termination", ["anion", "cation"])
def test_roles_follow_their_definition(cis, termination):
    dot = pyramid(cis, 7, 5, termination)
    cation, anion = split(dot)
    surface = dot.arrays["role"] == "surface"
    near = dot[cation].get_all_distances() < 4.4
    assert np.array_equal(surface[cation], near.sum(axis=1) - 1 < 12)
    assert np.array_equal(surface[anion], find_bonds(dot).coordination[anion] < 4)


@pytest.mark.parametrize("termination", ["anion", "cation"])
def test_layers_are_triangles_counted_from_the_base(termination):
    dot = pyramid(crystal("ZnS"), 6, 4, termination)
    cation, anion = split(dot)
    layer = dot.arrays["layer"]
    assert np.bincount(layer[cation]).tolist() == [21, 15, 10, 6]
    expected = [28, 21, 15, 10, 6] if termination == "anion" else [15, 10, 6]
    assert np.bincount(layer[anion]).tolist() == expected
    assert np.all(np.diff(layer) >= 0)
    spacing = 5.409 / np.sqrt(3)
    z = dot.positions[:, 2]
    assert z[cation] - z[cation].min() == pytest.approx(spacing * layer[cation])


@pytest.mark.parametrize("termination", ["anion", "cation"])
@pytest.mark.parametrize("facet", range(4))
def test_all_four_orientations_stand_on_the_right_atoms(cis, termination, facet):
    """Cutting keeps bond lengths, handedness and the terminating species in every orientation."""
    dot = pyramid(cis, 5, 3, termination, facet=facet)
    lowest = dot.arrays["sublattice"][dot.positions[:, 2] < dot.positions[:, 2].min() + 0.5]
    assert set(lowest) == {termination}
    lengths = find_bonds(dot).lengths
    assert set(np.round(lengths, 2)) <= {2.33, 2.46, 2.47}
    base = dot.positions[(dot.arrays["layer"] == 0) & split(dot)[0]]
    front = base[np.abs(base[:, 1] - base[:, 1].min()) < 0.3]
    back = base[np.abs(base[:, 1] - base[:, 1].max()) < 0.3]
    assert sorted((len(front), len(back))) == [1, 5]


def test_chalcopyrite_order_is_kept(cis):
    """Every inner sulphur of the dot has two copper and two indium neighbours."""
    dot = pyramid(cis, 6)
    bonds = find_bonds(dot)
    inner = np.flatnonzero((dot.arrays["role"] == "inner") & (dot.symbols == "S"))
    assert inner.size > 0
    for i in inner:
        assert sorted(dot.symbols[bonds.neighbours(i)]) == ["Cu", "Cu", "In", "In"]
    assert abs((dot.symbols == "Cu").sum() - (dot.symbols == "In").sum()) <= 1


def test_polarity_is_read_off_the_positions():
    """An inverted, shifted cell of zinc blende gives the same dot."""
    inverted = bulk("ZnS", "zincblende", a=5.409, cubic=True)
    inverted.set_scaled_positions(0.1 - inverted.get_scaled_positions())
    dot = pyramid(crystal(inverted, conventional=False), 3)
    cation, anion = split(dot)
    assert (cation.sum(), anion.sum()) == (10, 20)
    assert set(find_bonds(dot).coordination[cation]) == {4}


def test_facet_by_miller_index_and_apex(cis):
    by_number = pyramid(cis, 4, 3, facet=1)
    miller = provenance.history(by_number)[-1]["facet"]
    assert pyramid(cis, 4, 3, facet=miller) == by_number
    with pytest.raises(StructureError, match="other termination"):
        pyramid(cis, 4, facet=[-h for h in miller])
    for metal in ("Cu", "In"):
        dot = pyramid(cis, 1, apex=metal)
        assert dot.symbols[split(dot)[0]] == [metal]


@pytest.mark.parametrize(
    ("layers", "which", "n_removed"),
    [(None, False, 0), (None, True, 4), (None, "apex", 1), (None, 2, 1), (None, [0, 3], 2),
     (3, True, 6), (3, "apex", 3), (3, (5,), 1)],
)  # fmt: skip
@pytest.mark.parametrize("termination", ["anion", "cation"])
def test_corner_truncation(termination, layers, which, n_removed):
    zns = crystal("ZnS")
    whole = pyramid(zns, 5, layers, termination)
    dot = pyramid(zns, 5, layers, termination, truncate_corners=which)
    mask = dot.arrays["sublattice"] == termination
    assert len(whole) - len(dot) == n_removed
    assert mask.sum() == (whole.arrays["sublattice"] == termination).sum() - n_removed
    anion = dot.arrays["sublattice"] == "anion"
    surface = dot.arrays["role"] == "surface"
    assert np.array_equal(surface[anion], find_bonds(dot).coordination[anion] < 4)


def test_apex_truncation_takes_the_highest_atom():
    zns = crystal("ZnS")
    whole = pyramid(zns, 4)
    cut = pyramid(zns, 4, truncate_corners="apex")
    assert np.ptp(cut.positions[:, 2]) < np.ptp(whole.positions[:, 2]) - 1.5
    three = cut.arrays["sublattice"] == "cation"
    assert sorted(find_bonds(cut).coordination[three])[0] == 3


def test_records_and_purity(cis):
    before = cis.copy()
    dot = pyramid(cis, 3)
    assert cis == before
    assert [step["step"] for step in provenance.history(dot)] == ["crystal", "pyramid"]
    assert not dot.pbc.any()
    assert dot.cell.volume == 0
    assert dot.positions.mean(axis=0) == pytest.approx(0)
    charge = dot.arrays["formal_charge"].sum()
    assert any(f"{charge:+g} e" in note for note in provenance.notes(dot))
    assert pyramid(cis, 3) == dot


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "base 0"),
        ((2.5,), "base 2.5"),
        ((True,), "base True"),
        ((4, 5), "at most 4"),
        ((4, 0), "layers 0"),
        ((4, 2, "sulphur"), "termination"),
        ((99999,), "^base 99999: about 3.3e"),
        ((10**14,), "^base 1000000*: about"),
        ((10**400,), "^base 1000000*: about 3.3e[+]1199 atoms"),
        ((10**30, 3), "^base 1000000* with 3 layers: about 3.0e[+]60 atoms"),
    ],
)
def test_bad_numbers(arguments, message):
    with pytest.raises(StructureError, match=message):
        pyramid(crystal("ZnS"), *arguments)


def test_bad_choices():
    zns = crystal("ZnS")
    for options, message in (
        ({"truncate_corners": [4]}, "0…3"),
        ({"truncate_corners": "edge"}, "apex"),
        ({"facet": 4}, "0…3"),
        ({"apex": "Cu"}, "Zn"),
    ):
        with pytest.raises(StructureError, match=message):
            pyramid(zns, 3, **options)


@pytest.mark.parametrize("name", ["CdS-wurtzite", "CsPbBr3-cubic", "Cu", "TiO2-rutile"])
def test_other_crystals_are_refused(name):
    with pytest.raises(StructureError, match=r"cut\(\)|cations and anions"):
        pyramid(crystal(name), 3)
    with pytest.raises(StructureError, match="crystal"):
        pyramid(Atoms("Cu"), 3)


def test_numpy_numbers_and_generators_are_fine():
    zns = crystal("ZnS")
    dot = pyramid(zns, np.int64(3), truncate_corners=(i for i in (0, np.int64(3))))
    assert len(dot) == 28
    assert provenance.history(dot)[-1]["truncate_corners"] == [0, 3]
    assert len(pyramid(zns, 3, truncate_corners=np.int64(1))) == 29


def test_everything_survives_extxyz(cis, tmp_path):
    dot = pyramid(cis, 3)
    write(tmp_path / "dot.extxyz", dot)
    again = read(tmp_path / "dot.extxyz")
    for name in ("layer", "sublattice", "role", "domain", "formal_charge"):
        assert np.array_equal(again.arrays[name], dot.arrays[name])
    assert provenance.details(again) == provenance.details(dot)
