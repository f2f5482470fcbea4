"""Defects and compositions on dots and crystals."""

from itertools import combinations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.io.ase import AseAtomsAdaptor

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures import (
    apply_defect,
    crystal,
    electron_count,
    enumerate_configurations,
    passivate,
    point_group_permutations,
    pyramid,
    site_permutations,
)


@pytest.fixture(scope="module")
def t6():
    return pyramid(crystal("ZnS"), 6)


@pytest.fixture(scope="module")
def dot():
    return pyramid(crystal("CuInS2"), 4)


def test_vacancies_of_t6(t6):
    """The orbits of T_d on the 56 cations of T6, counted by hand-written Burnside elsewhere."""
    for k, orbits in ((1, 6), (2, 90), (3, 1282), (4, 15911)):
        found = enumerate_configurations(t6, {"V_Zn": k})
        assert (len(found), found.n_orbits, found.host.group_order) == (orbits, orbits, 24)
        assert found.multiplicities.sum() == found.n_configurations


def test_chalcopyrite_order_is_seen(t6):
    dot = pyramid(crystal("CuInS2"), 6)
    found = enumerate_configurations(dot, {"V_Cu'": 3})
    assert found.host.group_order == 2
    group = point_group_permutations(dot)
    coppers = [i for i, s in enumerate(dot.symbols) if s == "Cu"]
    orbits = {
        min(tuple(sorted(g[list(c)].tolist())) for g in group) for c in combinations(coppers, 3)
    }
    assert len(found) == len(orbits)


def test_a_compound_is_what_applying_its_defects_one_by_one_makes(dot):
    found = enumerate_configurations(dot, ["V_Cu'", "In_Cu••", "Zn_Cu"])
    configuration = found[123]
    assert sorted(configuration.species) == ["In_Cu**", "V_Cu'", "Zn_Cu*"]
    new = configuration.apply()
    pairs = sorted(zip(configuration.species, configuration.sites, strict=True))
    ordered = [p for p in pairs if p[0][0] != "V"] + [p for p in pairs if p[0][0] == "V"]
    expected = dot
    for defect, site in ordered:
        expected = apply_defect(expected, defect, site)
    assert (new.numbers == expected.numbers).all()
    assert np.allclose(new.positions, expected.positions)
    assert (new.arrays["formal_charge"] == expected.arrays["formal_charge"]).all()
    assert provenance.total_charge(new) == provenance.total_charge(expected) == 2
    by_name = lambda a: sorted(provenance.details(a)["defects"], key=lambda d: d["symbol"])  # noqa: E731
    assert by_name(new) == by_name(expected)
    assert electron_count(new).imbalance == electron_count(dot).imbalance
    assert provenance.history(new)[-1]["multiplicity"] == configuration.multiplicity
    assert len(dot) == 55
    assert "defects" not in provenance.details(dot)


def test_numbers_in_a_range_and_neutral_compounds(dot):
    found = enumerate_configurations(dot, {"V_Cu": [0, 3], "In_Cu": [0, 1]}, charge=0)
    assert [b.compound.label for b in found.blocks] == ["no defects", "1 In_Cu** + 2 V_Cu'"]
    assert [c.charge for c in found[:5]] == [0] * 5
    assert found[0].apply() == dot
    assert found.multiplicities.sum() == 1 + 10 * 36
    assert [len(b.sites) for b in found.blocks] == [1, b_orbits(dot)]


def b_orbits(dot):
    """Orbits of one antisite and two vacancies on the ten coppers, by brute force."""
    group = point_group_permutations(dot)
    coppers = [i for i, s in enumerate(dot.symbols) if s == "Cu"]
    return len(
        {
            min((g[a], tuple(sorted((g[b], g[c])))) for g in group.tolist())
            for a in coppers
            for b, c in combinations([i for i in coppers if i != a], 2)
        }
    )


@pytest.mark.parametrize("limits", [(0.0, 4.2), (5.0, None), (3.0, 6.0)])
def test_distances_as_by_filtering_all(t6, limits):
    every = enumerate_configurations(t6, {"V_Zn": 3})
    low, high = limits
    some = enumerate_configurations(t6, {"V_Zn": 3}, min_distance=low, max_distance=high)
    good = 0
    for c in every:
        d = [t6.get_distance(i, j) for i, j in combinations(c.sites, 2)]
        good += min(d) >= low and max(d) <= (high or np.inf)
    assert 0 < len(some) == good < len(every)
    assert some.n_orbits == len(every)


def test_neighbours_together_and_apart(t6):
    every = enumerate_configurations(t6, {"V_Zn": 3})

    def links(sites):
        return sum(t6.get_distance(i, j) < 4.5 for i, j in combinations(sites, 2))

    together = enumerate_configurations(t6, {"V_Zn": 3}, neighbours=True)
    apart = enumerate_configurations(t6, {"V_Zn": 3}, neighbours=False)
    assert len(together) == sum(links(c.sites) >= 2 for c in every)
    assert len(apart) == sum(links(c.sites) == 0 for c in every)


def test_beyond_the_limit_the_message_counts_and_a_sample_is_drawn(t6):
    with pytest.raises(StructureError, match=r"1360462 distinct.*limit of 100000.*sample, seed"):
        enumerate_configurations(t6, {"V_Zn": 6})
    drawn = enumerate_configurations(t6, {"V_Zn": 6}, sample=40, seed=5)
    again = enumerate_configurations(t6, {"V_Zn": 6}, sample=40, seed=5)
    other = enumerate_configurations(t6, {"V_Zn": 6}, sample=40, seed=6)
    assert drawn.to_dict() == again.to_dict() != other.to_dict()
    assert drawn.sampled == "orbits"
    assert len({c.sites for c in drawn}) == 40
    near = enumerate_configurations(t6, {"V_Zn": 6}, sample=3, max_distance=16.0, seed=1)
    for c in near:
        assert max(t6.get_distance(i, j) for i, j in combinations(c.sites, 2)) <= 16.0


def test_a_sample_below_the_limit_is_a_choice_without_repetition(t6):
    assert len(enumerate_configurations(t6, {"V_Zn": 2}, sample=500)) == 90
    some = enumerate_configurations(t6, {"V_Zn": 2}, sample=89, uniform="configurations")
    assert len({c.sites for c in some}) == 89


def test_sampling_uniform_over_configurations_favours_the_multiple(t6):
    """Means of the multiplicity: Σm/n over orbits, Σm²/Σm over configurations."""
    every = enumerate_configurations(t6, {"V_Zn": 3}).multiplicities.astype(float)
    expected = {"orbits": every.mean(), "configurations": (every**2).sum() / every.sum()}
    for uniform, mean in expected.items():
        drawn = [
            enumerate_configurations(
                t6, {"V_Zn": 3}, sample=8, seed=seed, limit=10, uniform=uniform
            ).multiplicities
            for seed in range(12)
        ]
        spread = every.std() / np.sqrt(12 * 8)
        assert abs(np.mean(drawn) - mean) < 4 * spread


def test_compositions_of_a_crystal_match_pymatgen():
    """Every way to put 4 Cu and 4 Au on 8 fcc sites, sorted by pymatgen's structure matcher."""
    cell = bulk("Cu", cubic=True).repeat((2, 1, 1))
    found = enumerate_configurations(cell, {"Cu": 4, "Au": 4})
    structures = []
    for chosen in combinations(range(8), 4):
        atoms = cell.copy()
        atoms.symbols[list(chosen)] = "Au"
        structures.append(AseAtomsAdaptor.get_structure(atoms))
    matcher = StructureMatcher(primitive_cell=False, attempt_supercell=False, scale=False)
    groups = matcher.group_structures(structures)
    assert found.n_configurations == 70 == sum(map(len, groups))
    # The matcher also turns the cell's long axis, which is no symmetry of the cell.
    assert len(groups) <= len(found) == 8
    made = [AseAtomsAdaptor.get_structure(c.apply()) for c in found]
    assert all(any(matcher.fit(m, g[0]) for m in made) for g in groups)


def test_translations_of_a_supercell_count():
    """All fcc sites are alike; the 31 partners of one in 2×2×2 are 12 + 3 + 12 + 3 + 1."""
    block = crystal("ZnS")
    assert len(enumerate_configurations(block, {"V_Zn": 1}, supercell=2)) == 1
    pairs = enumerate_configurations(block, {"V_Zn": 2}, supercell=2)
    assert sorted(pairs.multiplicities // 16) == [1, 3, 3, 12, 12]
    skew = [[1, 1, 0], [0, 2, 0], [0, 0, 1]]
    found = enumerate_configurations(block, {"V_Zn": 1}, supercell=skew)
    assert (len(found), found[0].multiplicity) == (1, 8)
    left = crystal("CuInS2")
    left.set_cell(left.cell.array * [1, 1, -1], scale_atoms=True)
    assert len(enumerate_configurations(left, {"V_Cu": 1, "V_In": 1})) > 0


def test_a_slab_has_no_symmetry_across_its_vacuum():
    slab = fcc111("Cu", (2, 2, 3), vacuum=6.0)
    found = enumerate_configurations(slab, {"V_Cu": 1})
    assert sorted(c.multiplicity for c in found) == [4, 8]
    assert provenance.total_charge(found[0].apply()) == 0


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["ZnS", "CuInS2", "CsPbBr3"]), st.integers(0, 2**32 - 1))
def test_operations_are_a_group_of_isometries(name, seed):
    rng = np.random.default_rng(seed)
    atoms = crystal(name).repeat(tuple(rng.integers(1, 3, 3)))
    atoms.rotate(rng.uniform(0, 180), rng.normal(size=3), rotate_cell=True)
    group = site_permutations(atoms)
    members = {row.tobytes() for row in group}
    d = atoms.get_all_distances(mic=True)
    for g, h in rng.integers(0, len(group), (20, 2)):
        assert group[g][group[h]].tobytes() in members
        assert np.allclose(d[np.ix_(group[g], group[g])], d, atol=0.05)
        assert (atoms.numbers[group[g]] == atoms.numbers).all()


def test_ligands_stay_and_break_the_symmetry(dot):
    covered = passivate(dot, "H")
    found = enumerate_configurations(covered, {"V_Cu": 1})
    assert found.host.group_order <= 2
    assert {covered.symbols[i] for i in found.host.sites} == {"Cu"}


def test_only_some_sites(dot):
    coppers = [i for i, s in enumerate(dot.symbols) if s == "Cu"][:3]
    found = enumerate_configurations(dot, {"V_Cu": 2}, sites=coppers)
    assert found.multiplicities.sum() == 3
    assert all(set(c.sites) <= set(coppers) for c in found)


def test_filling_keeps_the_total_charge_and_records_vacancies(dot):
    found = enumerate_configurations(dot, {"Cu": 1, "In": 17, "vacancy": 2}, limit=5000)
    new = found[0].apply()
    assert new.get_chemical_formula() == "CuIn17S35"
    assert provenance.total_charge(new) == 0
    assert len(provenance.details(new)["defects"]) == 2
    assert found[0].charge == round(
        new.arrays["formal_charge"].sum() - dot.arrays["formal_charge"].sum()
    )


def test_metals_have_neutral_defects():
    found = enumerate_configurations("Cu", {"Au_Cu": 2}, supercell=2)
    assert found[0].species == ("Au_Cux", "Au_Cux")
    assert found[0].apply().get_chemical_formula() == "Au2Cu30"


@pytest.mark.parametrize(
    ("request_", "options", "message"),
    [
        ({"V_Cu": 11}, {}, "more defects than sites; the structure has 10 Cu"),
        ({"V_Cu": -1}, {}, "-1: expected a whole number"),
        ({"V_Cu": 1.5}, {}, "1.5: expected a whole number"),
        ({"V_Cu": [3, 1]}, {}, "least, most"),
        ({"V_Xx": 1}, {}, "Xx is not an element"),
        ({"V_Se": 1}, {}, "no Se among the sites; they hold Cu, In, S"),
        ({"V_Cu**": 1}, {}, "write V_Cu'"),
        ({"i_Cu": 1}, {}, "expected species_site"),
        ({}, {}, "no defects"),
        ("Cu", {}, "or a mapping"),
        ({"Cu": 3, "In": 3}, {}, "adds up to 6"),
        ({"Cu": 10, "Qq": 10}, {}, "neither an element"),
        ({"Cu": 10, "In": 10}, {"sublattice": "Pb"}, "no such sites"),
        ({"Cu": 10, "In": 10}, {"min_distance": 3.0}, "expected defects"),
        ({"V_Cu": 1}, {"charge": 3}, "no such compound"),
        ({"V_Cu": 1}, {"charge": 0.5}, "expected a whole number"),
        ({"V_Cu": 1}, {"min_distance": -1.0}, "expected a length"),
        ({"V_Cu": 1}, {"max_distance": float("nan")}, "expected a length"),
        ({"V_Cu": 1}, {"min_distance": 5.0, "max_distance": 3.0}, "above max_distance"),
        ({"V_Cu": 2}, {"min_distance": 99.0}, "loosen"),
        ({"V_Cu": 1}, {"limit": -3}, "limit -3"),
        ({"V_Cu": 1}, {"sample": 0}, "sample 0"),
        ({"V_Cu": 1}, {"seed": -1}, "seed -1"),
        ({"V_Cu": 1}, {"uniform": "all"}, "orbits, configurations"),
        ({"V_Cu": 1}, {"supercell": 2}, "periodic in three directions"),
        (None, {}, "expected a defect"),
        (["V_Cu", 3], {}, "expected a defect"),
        ({"V_Cu": "2"}, {}, "expected a whole number"),
        ({"V_Cu": 1}, {"sites": 5}, "a list of atom indices"),
        ({"V_Cu": 1}, {"sites": [77]}, "index from 0 to 54"),
        ({"V_Cu": 1}, {"tolerance": 0.0}, "tolerance"),
    ],
)
def test_one_line_says_what_is_wrong(dot, request_, options, message):
    with pytest.raises(StructureError) as caught:
        enumerate_configurations(dot, request_, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("supercell", [0, -1, 2.5, True, [1, 2], [[1, 0, 0]] * 3, 100])
def test_bad_supercells(supercell):
    with pytest.raises(StructureError, match="supercell"):
        enumerate_configurations("Cu", {"V_Cu": 1}, supercell=supercell)


def test_a_periodic_structure_without_a_cell_is_refused():
    with pytest.raises(StructureError, match="no volume"):
        enumerate_configurations(Atoms("CuIn", [[0, 0, 0], [2, 0, 0]], pbc=True), {"V_Cu": 1})


def test_a_structure_of_vacancies_only_is_not_made():
    pair = Atoms("Cu2", [[0, 0, 0], [0, 0, 2.5]])
    with pytest.raises(StructureError, match="leaves no atom"):
        enumerate_configurations(pair, {"V_Cu": 2})[0].apply()


def test_defects_there_before_stay_and_break_the_symmetry(dot):
    coppers = [i for i, s in enumerate(dot.symbols) if s == "Cu"]
    start = apply_defect(dot, "V_Cu'", coppers[0])
    found = enumerate_configurations(start, ["V_Cu'", "Zn_In'"])
    assert found.host.group_order == 1
    new = found[40].apply()
    records = provenance.details(new)["defects"]
    assert [d["symbol"] for d in records].count("V_Cu'") == 2
    zinc = next(d for d in records if d["symbol"] == "Zn_In'")
    assert new.symbols[zinc["index"]] == "Zn"
    assert np.allclose(new.positions[zinc["index"]], zinc["position"])
    hole = apply_defect(dot, "Cu_Cu*", coppers[0])
    assert coppers[0] not in enumerate_configurations(hole, "V_Cu").host.sites
