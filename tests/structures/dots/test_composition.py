"""Filling cation sites: counts, rounding, vacancies, and the electrostatic order."""

from fractions import Fraction

import numpy as np
import pytest
from ase import Atoms
from ase.data import atomic_numbers
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures import (
    crystal,
    enumerate_configurations,
    fill_cations,
    pin,
    pyramid,
    zcis_fractions,
)
from heterodot.structures.chemistry.coulomb import COULOMB, CoulombSites
from heterodot.structures.dots.composition_counts import composition_counts


@pytest.fixture(scope="module")
def t4():
    return pyramid(crystal("CuInS2"), 4)


def counts(dot):
    symbols = dot.get_chemical_symbols()
    return {s: symbols.count(s) for s in ("Cu", "In", "Zn") if s in symbols}


def coulomb_energy(dot):
    """Unscreened energy of the formal charges, eV, summed over all pairs."""
    q = dot.arrays["formal_charge"]
    i, j = np.triu_indices(len(dot), 1)
    return COULOMB * float((q[i] * q[j] / pdist(dot.positions)).sum())


def test_t4_is_8_12_exactly(t4):
    """T4 has 20 cation sites: Cu8In8Zn4 (measured.md), no vacancy, no rounding."""
    dot = fill_cations(t4, "8/12")
    assert counts(dot) == {"Cu": 8, "In": 8, "Zn": 4}
    assert len(dot) == len(t4)
    assert not any("rounded" in note for note in provenance.notes(dot))


def test_2_12_leaves_three_of_seventeen_sites_empty():
    assert zcis_fractions(2)["vacancy"] == Fraction(3, 17)


@pytest.mark.parametrize("x", [1, 2, 4, "0.5", 8])
def test_zcis_is_neutral_and_in_the_feed_ratio(x):
    fractions = zcis_fractions(x)
    assert sum(fractions.values()) == 1
    assert fractions["Cu"] + 3 * fractions["In"] + 2 * fractions["Zn"] == 2
    assert fractions["Cu"] / (fractions["In"] + fractions["Zn"]) == Fraction(x) / 12
    assert fractions["In"] == 2 * fractions["Zn"]


@pytest.mark.parametrize("feed", ["2/12", {"Cu": 2, "In": 6, "Zn": 8, "vacancy": 4}])
def test_vacancies_say_what_surrounds_them_and_are_found_when_the_dot_is_turned(t4, feed):
    dot = fill_cations(t4, feed, seed=3)
    records = provenance.details(dot)["defects"]
    assert len(records) > 2
    turned = dot.copy()
    turned.rotate(73, (1, 2, 3))
    turned.translate([4.0, -2.0, 9.0])
    for record in records:
        place = np.array(record["position"])
        away = np.linalg.norm(dot.positions - place, axis=1)
        near = set(np.flatnonzero(away < 2.9)) & set(np.flatnonzero(dot.symbols == "S"))
        assert near <= set(record["neighbours"])
        assert np.allclose(dot.positions[record["neighbours"]] - place, record["ways"])
        expected = Atoms("X", [place])
        expected.rotate(73, (1, 2, 3))
        expected.translate([4.0, -2.0, 9.0])
        assert provenance.defect_position(turned, record) == pytest.approx(expected.positions[0])


def test_vacancies_are_removed_and_recorded():
    dot = pyramid(crystal("CuInS2"), 6)
    filled = fill_cations(dot, "2/12", seed=3)
    defects = provenance.details(filled)["defects"]
    assert counts(filled) == {"Cu": 6, "In": 26, "Zn": 14}  # In = Cu + 2 V: neutral
    assert len(defects) == 10 == len(dot) - len(filled)
    assert {d["symbol"] for d in defects} == {"V_Cu'"}
    sites = dot.positions[dot.arrays["sublattice"] == "cation"]
    for defect in defects:
        assert np.linalg.norm(sites - defect["position"], axis=1).min() < 1e-9
        assert np.linalg.norm(filled.positions - defect["position"], axis=1).min() > 1.5
    assert any("10 (9.88)" in note and "rounded" in note for note in provenance.notes(filled))


@pytest.mark.parametrize("feed", ["8/12", "4/12", "2/12", "1/12", "0.5/12", "7.3/12"])
def test_a_feed_is_rounded_to_the_nearest_neutral_composition(feed):
    """Cu⁺, In³⁺, Zn²⁺ on n sites of a II–VI lattice carry 2n e; none nearer is neutral."""
    for n in (4, 10, 17, 20, 35, 56, 84, 155):
        found, wanted = composition_counts(feed, n)
        assert sum(found.values()) == n
        assert min(found.values()) >= 0
        assert found["Cu"] + 3 * found["In"] + 2 * found["Zn"] == 2 * n
        distance = sum((found[k] - wanted[k]) ** 2 for k in found)
        for cu in range(n + 1):
            for v in range((n - 2 * cu) // 3 + 1 if feed != "8/12" else 1):
                other = {"Cu": cu, "In": cu + 2 * v, "vacancy": v}
                other["Zn"] = n - sum(other.values())
                if other["Zn"] >= 0:
                    assert sum((other[k] - wanted[k]) ** 2 for k in other) >= distance
    assert composition_counts("8/12", 20)[0] == {"Cu": 8, "In": 8, "Zn": 4, "vacancy": 0}


T_8_12 = {3: {"Cu": 4, "In": 4, "Zn": 2}, 4: {"Cu": 8, "In": 8, "Zn": 4}}
"""8/12 on T3 and T4: Cu:In:Zn = 2:2:1 of 10 and 20 sites."""


def test_an_apex_that_was_named_survives_every_filling():
    for base in (3, 4):
        dot = pyramid("CuInS2", base, truncate_corners="apex", apex="Cu")
        cations = np.flatnonzero(dot.arrays["sublattice"] == "cation")
        apex = int(cations[dot.positions[cations, 2].argmax()])
        for seed in range(20):
            filled = fill_cations(dot, "8/12", seed=seed)
            assert filled.symbols[apex] == "Cu"
            assert counts(filled) == T_8_12[base]
        ordered = fill_cations(dot, "8/12", order="electrostatic")
        assert ordered.symbols[apex] == "Cu"
    assert any("pinned" in note for note in provenance.notes(filled))


def test_any_atom_can_be_pinned(t4):
    cations = np.flatnonzero(t4.arrays["sublattice"] == "cation")
    chosen = [int(i) for i in cations if t4.symbols[i] == "In"][:3]
    for seed in range(5):
        filled = fill_cations(t4, "8/12", seed=seed, pin=chosen)
        assert set(filled.symbols[chosen]) == {"In"}
        again = fill_cations(filled, {"Cu": 10, "In": 10}, seed=seed)
        assert set(again.symbols[chosen]) == {"In"}
        assert counts(again) == {"Cu": 10, "In": 10}
    assert pin(t4, chosen).arrays["pinned"].sum() == 3
    with pytest.raises(StructureError, match="3 In pinned and 0 in the composition"):
        fill_cations(t4, {"Cu": 10, "Zn": 10}, pin=chosen)
    with pytest.raises(StructureError, match="pin 999"):
        fill_cations(t4, "8/12", pin=[999])


def test_enumeration_leaves_pinned_atoms(t4):
    cations = np.flatnonzero(t4.arrays["sublattice"] == "cation")
    apex = int(cations[t4.positions[cations, 2].argmax()])
    pinned = pin(t4, [apex])
    element = t4.symbols[apex]
    found = enumerate_configurations(pinned, {"Zn": 1, element: 19})
    assert all(c.apply().symbols[apex] == element for c in found)


def test_mapping_of_counts_and_of_fractions(t4):
    exact = fill_cations(t4, {"Cu": 5, "In": 10, "Zn": 4, "vacancy": 1})
    assert counts(exact) == {"Cu": 5, "In": 10, "Zn": 4}
    parts = fill_cations(t4, {"Cu": 0.25, "In": 0.5, "Zn": 0.25})
    assert counts(parts) == {"Cu": 5, "In": 10, "Zn": 5}
    assert counts(fill_cations(t4, {"In": 1.0})) == {"In": 20}


def test_arrays_follow_the_elements_and_the_input_is_left_alone(t4):
    before = t4.copy()
    dot = fill_cations(t4, "8/12", seed=1)
    assert t4 == before
    assert provenance.details(t4) == provenance.details(before)
    charge = {"Cu": 1, "In": 3, "Zn": 2, "S": -2}
    assert dot.arrays["formal_charge"] == pytest.approx([charge[s] for s in dot.symbols])
    for name in ("layer", "role", "sublattice"):
        assert np.array_equal(dot.arrays[name], t4.arrays[name])
    notes = [note for note in provenance.notes(dot) if "formal charges add up" in note]
    assert len(notes) == 1
    assert f"{dot.arrays['formal_charge'].sum():+g} e" in notes[0]


def test_seed_decides(t4):
    first, again, other = (fill_cations(t4, "8/12", seed=s) for s in (0, 0, 1))
    assert first == again
    assert not np.array_equal(first.numbers, other.numbers)


@given(
    parts=st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any),
    n_sites=st.integers(1, 300),
)
def test_rounding_is_never_off_by_one_or_more(parts, n_sites):
    target = dict(zip(("Cu", "In", "Zn"), (p / sum(parts) for p in parts), strict=True))
    found, wanted = composition_counts(target, n_sites)
    assert sum(found.values()) == n_sites
    assert all(abs(found[name] - wanted[name]) < 1 for name in found)


@pytest.mark.parametrize("target", ["8/12", "2/12"])
def test_electrostatic_order_lowers_the_energy(target):
    dot = pyramid(crystal("CuInS2"), 5)
    ordered = fill_cations(dot, target, order="electrostatic")
    random = [fill_cations(dot, target, seed=seed) for seed in range(8)]
    assert counts(ordered) == counts(random[0])
    assert coulomb_energy(ordered) < min(coulomb_energy(r) for r in random) - 1.0
    assert fill_cations(dot, target, order="electrostatic") == ordered


def test_electrostatic_order_is_a_minimum_against_every_exchange():
    dot = fill_cations(pyramid(crystal("CuInS2"), 3), {"Cu": 4, "In": 5, "Zn": 1}, "electrostatic")
    energy = coulomb_energy(dot)
    cations = np.flatnonzero(dot.arrays["sublattice"] == "cation")
    for i in cations:
        for j in cations:
            swapped = dot.copy()
            q = swapped.arrays["formal_charge"]
            q[[i, j]] = q[[j, i]]
            assert coulomb_energy(swapped) >= energy - 1e-6


def test_swap_search_finds_the_exact_minimum_of_a_small_case():
    from itertools import permutations

    rng = np.random.default_rng(5)
    model = CoulombSites(rng.uniform(0, 6, (7, 3)), rng.uniform(0, 6, (4, 3)), -np.ones(4))
    charges = np.array([0.0, 1, 1, 2, 2, 3, 3])
    order, energy, _ = model.minimise(charges, np.random.default_rng(0), starts=20)
    assert energy == pytest.approx(model.energy(charges[order]))
    exact = min(model.energy(np.array(p)) for p in set(permutations(charges)))
    assert energy == pytest.approx(exact)


def test_coulomb_constant():
    """e²/4πε0 = 14.3996 eV Å (CODATA 2018)."""
    assert pytest.approx(14.3996, abs=1e-4) == COULOMB


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("8:12", "8/12"),
        ("9/12", "at most 8"),
        ("0/12", "above 0"),
        ({"Cu": 0.5, "In": 0.4}, "add up"),
        ({"Cu": 5, "In": 5}, "20 cation sites"),
        ({"Cu": -1, "In": 21}, "Cu -1"),
        ({"Cu": float("nan")}, "Cu nan"),
        ({"Xx": 1.0}, "'Xx'"),
    ],
)
def test_bad_compositions(t4, target, message):
    with pytest.raises(StructureError, match=message):
        fill_cations(t4, target)


def test_bad_order_and_bad_dot(t4):
    with pytest.raises(StructureError, match="order"):
        fill_cations(t4, "8/12", order="alphabetical")
    anions = t4[t4.numbers == atomic_numbers["S"]]
    with pytest.raises(StructureError, match="cations"):
        fill_cations(anions, "8/12")
    loaded = t4.copy()
    provenance.update(loaded, adsorbate={"name": "CO2", "indices": [0]})
    with pytest.raises(StructureError, match="adsorbate"):
        fill_cations(loaded, "8/12")
