"""Quasi-random crystals, dots with short-range order, and how order is measured."""

import importlib.util
from itertools import combinations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import provenance
from heterodot.errors import MissingDependencyError, StructureError
from heterodot.structures import (
    anneal_short_range_order,
    apply_defect,
    crystal,
    fill_cations,
    pyramid,
    quasirandom,
    warren_cowley,
)
from heterodot.structures.alloys.annealing import Replicas, Targets, anneal
from heterodot.structures.alloys.pair_shells import pair_shells
from heterodot.structures.alloys.warren_cowley import order_of

FCC = pair_shells(bulk("Cu", cubic=True).repeat(3), 1)

NUMBERS = {"Cu": 60, "In": 50, "Zn": 34}

needs_sqsgenerator = pytest.mark.skipif(
    importlib.util.find_spec("sqsgenerator") is None, reason="sqsgenerator is not installed"
)


@pytest.fixture(scope="module")
def t6():
    return pyramid(crystal("CuInS2"), 6)


def test_ordered_crystals_have_their_textbook_values():
    """Chalcopyrite: 8 of 12 unlike in shell 1, 2 of 6 in shell 2. CuAu, Cu3Au: Cowley 1950."""
    order = warren_cowley(crystal("CuInS2"), 2)
    assert order.of("Cu", "In") == order.of("In", "Cu") == pytest.approx(1 - (8 / 12) / 0.5)
    assert order.of("Cu", "In", 2) == pytest.approx(1 - (2 / 6) / 0.5)
    assert order.of("Cu", "Cu") == pytest.approx(1 - (4 / 12) / 0.5)
    cu3au = Atoms("AuCu3", scaled_positions=[[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5],
                  [0, 0.5, 0.5]], cell=[3.75] * 3, pbc=True)  # fmt: skip
    order = warren_cowley(cu3au, 2, sublattice="all")
    assert order.of("Au", "Cu") == pytest.approx(-1 / 3)
    assert order.of("Au", "Cu", 2) == pytest.approx(1.0)
    assert order.radii == pytest.approx([3.75 / np.sqrt(2), 3.75])


def test_a_dot_against_counting_by_hand(t6):
    """Pairs of like sites nearer than 4.5 Å, counted one by one."""
    sites = [i for i, s in enumerate(t6.symbols) if s != "S"]
    dot = fill_cations(t6, {"Cu": 20, "In": 20, "Zn": 16}, seed=3)
    n = {}
    for i, j in combinations(sites, 2):
        if dot.get_distance(i, j) < 4.5:
            for pair in ((dot.symbols[i], dot.symbols[j]), (dot.symbols[j], dot.symbols[i])):
                n[pair] = n.get(pair, 0) + 1
    order = warren_cowley(dot, [4.5])
    total = sum(n.values())
    for a in order.species:
        ends = {s: sum(v for p, v in n.items() if p[0] == s) for s in order.species}
        for b in order.species:
            expected = 1 - n.get((a, b), 0) / ends[a] / (ends[b] / total)
            assert order.of(a, b) == pytest.approx(expected)
        assert sum(ends[b] / total * order.of(a, b) for b in order.species) == pytest.approx(0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_order_averages_to_minus_one_over_the_others(seed):
    """Within the scatter of 60 random fillings: -1/(n - 1) for unlike species of a crystal."""
    rng = np.random.default_rng(seed)
    names = np.repeat(["Au", "Cu"], 54)
    values = [order_of(FCC, rng.permutation(names)).of("Cu", "Au") for _ in range(60)]
    mean, error = np.mean(values), np.std(values) / np.sqrt(60)
    assert abs(mean + 1 / 107) < 5 * error


def replicas_of(pairs, kinds, n_replicas, rng, **wanted):
    n = len(kinds)
    order = rng.permuted(np.repeat(np.arange(n)[None], n_replicas, axis=0), axis=1)
    entries = wanted or {"x": (0, 0, 1, 0.1)}
    shell, first, second, alpha = (np.array(c) for c in zip(*entries.values(), strict=True))
    return Replicas(pairs, order, np.sort(kinds), Targets(shell, first, second, alpha))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["tiny", "crystal", "skew", "dot"]),
    st.integers(2, 4),
)
def test_updated_numbers_are_those_counted_anew(seed, which, q):
    """Also in cells so small that a site is its own neighbour, or another's several times."""
    rng = np.random.default_rng(seed)
    if which == "dot":
        dot = pyramid(crystal("ZnS"), 4)
        sites = dot[dot.arrays["sublattice"] == "cation"]
    else:
        sites = bulk("Cu", cubic=True)
        if which != "tiny":
            sites = sites.repeat((2, 1, 3))
        if which == "skew":
            sites.set_cell(sites.cell.array @ [[1, 0.2, 0], [0, 1, 0], [0.3, 0, -1]], True)
    pairs = pair_shells(sites, 2)
    kinds = np.append(rng.integers(0, q, len(sites) - 2), [0, 1])
    wanted = {"a": (0, 0, 1, -0.3), "b": (1, 0, 0, 0.2), "c": (1, 1, 0, 0.0)}
    changed = replicas_of(pairs, kinds, 5, rng, **wanted)
    anneal(changed, 130, rng, close=0.0)
    fresh = Replicas(pairs, changed.order, changed.kinds, changed.targets)
    assert (np.sort(changed.order, axis=1) == np.arange(len(sites))).all()
    for name in ("between", "ends"):
        assert (getattr(changed, name) == getattr(fresh, name)).all()
    assert (changed.around[:, :-1] == fresh.around[:, :-1]).all()
    assert changed.misfit == pytest.approx(fresh.misfit)
    best = Replicas(pairs, changed.best, changed.kinds, changed.targets)
    assert best.misfit == pytest.approx(changed.best_misfit)


def test_annealing_finds_the_best_there_is():
    """Of all 924 arrangements of six and six on a ring of twelve, one of least misfit."""
    ring = Atoms("H12", positions=[[3 * n, 0, 0] for n in range(12)], cell=[36, 20, 20],
                 pbc=[True, False, False])  # fmt: skip
    pairs = pair_shells(ring, 2)
    wanted = {"a": (0, 0, 1, 0.4), "b": (1, 0, 1, -0.3)}
    kinds = np.repeat([0, 1], 6)
    found = replicas_of(pairs, kinds, 8, np.random.default_rng(0), **wanted)
    _, misfit, _ = anneal(found, 600, np.random.default_rng(1))
    order = [np.array([*c, *sorted(set(range(12)) - set(c))]) for c in combinations(range(12), 6)]
    every = Replicas(pairs, np.array(order), kinds, found.targets)
    assert len(order) == 924
    assert misfit == pytest.approx(every.misfit.min())


def test_a_dot_gets_the_order_asked_for_and_keeps_its_composition(t6):
    dot = fill_cations(t6, "8/12", seed=1)
    new = anneal_short_range_order(dot, {"Cu-In": [-0.2, 0.1], "Zn-Zn": [None, 0.0]}, seed=4)
    assert new.get_chemical_formula() == dot.get_chemical_formula()
    assert np.allclose(new.positions, dot.positions)
    order = warren_cowley(new, 2)
    assert order.of("Cu", "In") == pytest.approx(-0.2, abs=0.02)
    assert order.of("Cu", "In", 2) == pytest.approx(0.1, abs=0.04)
    record = provenance.details(new)["short_range_order"]
    assert record["alpha"]["Cu-In"] == pytest.approx([order.of("Cu", "In", s) for s in (1, 2)])
    assert any("target -0.2" in note for note in provenance.notes(new))
    again = anneal_short_range_order(dot, {"Cu-In": [-0.2, 0.1], "Zn-Zn": [None, 0.0]}, seed=4)
    other = anneal_short_range_order(dot, {"Cu-In": [-0.2, 0.1], "Zn-Zn": [None, 0.0]}, seed=5)
    assert new == again
    assert new != other


def test_vacancies_are_ordered_as_a_species(t6):
    new = anneal_short_range_order(t6, {"Cu-vacancy": 0.5}, composition="6/12", seed=2)
    assert new.get_chemical_formula() == fill_cations(t6, "6/12").get_chemical_formula()
    assert len(provenance.details(new)["defects"]) == 3
    record = provenance.details(new)["short_range_order"]
    assert record["alpha"]["Cu-vacancy"][0] == pytest.approx(0.5, abs=0.1)


@needs_sqsgenerator
def test_quasirandom_agrees_with_the_library_that_made_it():
    """Unlike pairs (like ones it counts once, not from both ends), in a cell without repeats."""
    import sqsgenerator

    made = quasirandom("CuInS2", [3, 3, 2], NUMBERS, iterations=300, seed=9)
    order = warren_cowley(made, 2)
    cations = made[made.arrays["sublattice"] == "cation"]
    bounds = provenance.history(made)[-1]["shells"]
    config = {
        "structure": {
            "lattice": cations.cell.array.tolist(),
            "coords": cations.get_scaled_positions().tolist(),
            "species": cations.numbers.tolist(),
        },
        "composition": NUMBERS,
        "iterations": 300, "seed": 9, "thread_config": 1, "prec": "double",
        "sublattice_mode": "interact", "shell_radii": [0.0, *bounds],
        "shell_weights": {1: 1.0, 2: 0.5},
    }  # fmt: skip
    pack = sqsgenerator.optimize(sqsgenerator.parse_config(config))
    numbers = cations.numbers.tolist()
    best = next(r for n in range(len(pack)) for r in pack[n][1] if r.structure().species == numbers)
    for shell in (1, 2):
        for a, b in combinations(order.species, 2):
            theirs = best.sro(shell, a, b).value
            assert order.of(a, b, shell) == pytest.approx(theirs, abs=1e-9)
            assert theirs != pytest.approx(0.5, abs=0.2)


@needs_sqsgenerator
def test_quasirandom_fills_what_is_asked():
    made = quasirandom("CuInS2", [2, 2, 1], "6/12", iterations=500)
    assert len(made) == 64 - len(provenance.details(made)["defects"])
    assert provenance.history(made)[-1]["counts"]["vacancy"] == 2
    metal = quasirandom("Cu", 2, {"Cu": 0.5, "Au": 0.5}, iterations=2000)
    assert metal.get_chemical_formula() == "Au16Cu16"
    assert abs(warren_cowley(metal, 1).of("Cu", "Au")) < 0.02
    anions = quasirandom("ZnS", 2, {"S": 0.5, "Se": 0.5}, sublattice="anion", iterations=100)
    assert anions.get_chemical_formula() == "S16Se16Zn32"
    same = quasirandom("ZnS", 2, {"S": 0.5, "Se": 0.5}, sublattice="anion", iterations=100)
    assert anions == same
    assert quasirandom("Cu", 1, {"Au": 4}).get_chemical_formula() == "Au4"


def test_without_the_library_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sqsgenerator", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'heterodot\[alloys\]'") as error:
        quasirandom("Cu", 2, {"Cu": 0.5, "Au": 0.5})
    assert "\n" not in str(error.value)


def test_a_crystal_without_the_library():
    """Zero for the only pair of unlike species is a quasi-random structure."""
    cell = crystal("Cu").repeat(2)
    new = anneal_short_range_order(cell, {"Au-Cu": [0, 0]}, composition={"Cu": 0.5, "Au": 0.5})
    order = warren_cowley(new, 2)
    assert [order.of("Au", "Cu", s) for s in (1, 2)] == pytest.approx([0, 0], abs=1e-9)


@pytest.mark.parametrize(
    ("targets", "options", "message"),
    [
        ({}, {}, "no targets"),
        ({"Cu-In": None}, {}, "no targets"),
        ({"Cu-Pb": 0.1}, {}, "a pair of Cu, In"),
        ({"Cu": 0.1}, {}, "a pair of Cu, In"),
        ({"Cu-In": 1.5}, {}, "at most 1"),
        ({"Cu-In": float("nan")}, {}, "at most 1"),
        ({"Cu-In": True}, {}, "at most 1"),
        ({"Cu-In": [0, 0, 0]}, {"shells": 2}, "3 values for 2 shells"),
        ({"Cu-In": 0}, {"shells": 0}, "shells 0"),
        ({"Cu-In": 0}, {"shells": [5.0, 4.0]}, "ascending"),
        ({"Cu-In": 0}, {"shells": "two"}, "ascending"),
        ({"Cu-In": 0}, {"shells": [1.0]}, "no pair"),
        ({"Cu-In": 0}, {"shells": [500.0]}, "up to 40"),
        ({"Cu-In": 0}, {"seed": -1}, "seed -1"),
        ({"Cu-In": 0}, {"swaps": -5}, "swaps -5"),
        ({"S-S": 0}, {"sublattice": "anion"}, "two species"),
        ({"Cu-In": 0}, {"composition": {"Cu": 3}}, "adds up to 3"),
    ],
)
def test_bad_targets_are_one_line(t6, targets, options, message):
    with pytest.raises(StructureError) as error:
        anneal_short_range_order(t6, targets, **options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"supercell": 0}, "supercell 0"),
        ({"composition": {"Cu": 3, "Au": 3}}, "adds up to 6"),
        ({"composition": {"Cu": 0.5, "Qq": 0.5}}, "neither an element"),
        ({"sublattice": "S"}, "no such sites"),
        ({"weights": [1.0]}, "2 numbers"),
        ({"weights": [0.0, 0.0]}, "2 numbers"),
        ({"weights": [-1.0, 1.0]}, "2 numbers"),
        ({"iterations": 0}, "iterations 0"),
        ({"iterations": 1.5}, "iterations 1.5"),
        ({"seed": None}, "seed None"),
    ],
)
def test_bad_quasirandom_requests_are_one_line(options, message):
    given_ = {"supercell": 2, "composition": {"Cu": 0.5, "Au": 0.5}, **options}
    with pytest.raises(StructureError) as error:
        quasirandom("Cu", **given_)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_atoms_recorded_by_index_are_not_moved(t6):
    copper = next(i for i, s in enumerate(t6.symbols) if s == "Cu")
    doped = apply_defect(t6, "Zn_Cu*", copper)
    with pytest.raises(StructureError, match="before adding them"):
        anneal_short_range_order(doped, {"Cu-In": 0})


def test_unknown_species_and_shells_in_a_result(t6):
    order = warren_cowley(t6, 1)
    with pytest.raises(StructureError, match="Cu, In"):
        order.of("Cu", "Pb")
    with pytest.raises(StructureError, match="shell 2: expected 1 to 1"):
        order.of("Cu", "In", 2)
    assert "Cu-In -0.3333" in order.summary()
    with pytest.raises(StructureError, match="told apart"):
        warren_cowley(pyramid(crystal("ZnS"), 2), 4)
