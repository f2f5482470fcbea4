"""The copper that is named and its defect are neighbours: in every filling, numbering and frame."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures import (
    defect_sites,
    defect_type,
    defects_around,
    fill_cations,
    passivate,
    pyramid,
    select_sites,
    vegard_scaled,
)
from heterodot.structures.chemistry.ties import geometric_order
from heterodot.workflows.parts.candidates import prepare_site

KINDS = [("A", "charge"), ("B", "charge"), ("B", "ionic"), ("C", "charge")]


@cache
def unfilled(base):
    return pyramid("CuInS2", base, truncate_corners="apex", apex="Cu")


def bare(base, seed, feed="8/12"):
    return fill_cations(unfilled(base).copy(), feed, seed=seed)


def sulphurs(dot, place):
    """Sulphurs within 2.75 Å of a place: Cu–S is 2.31 and In–S 2.47 Å in the crystal."""
    near = np.linalg.norm(dot.positions - place, axis=1) < 2.75
    return set(np.flatnonzero(near & (dot.symbols == "S")))


def apart(dot):
    return [f for f in provenance.flags(dot) if f.startswith("defect-apart")]


@pytest.mark.parametrize(("kind", "compensation"), KINDS)
@pytest.mark.parametrize(("base", "feed"), [(3, "8/12"), (4, "8/12"), (4, "4/12")])
def test_every_filling_gets_a_pair_that_shares_a_sulphur(base, feed, kind, compensation):
    """P1: the vacancy and the copper that takes its hole have one sulphur in common."""
    for seed in range(20):
        filled = bare(base, seed, feed)
        dot = defect_type(filled, kind, compensation=compensation)
        record = provenance.details(dot)["defect_type"]
        active = dot.positions[record["active_site"]]
        assert dot.symbols[record["active_site"]] == "Cu"
        members = [provenance.details(dot)["defects"][n] for n in record["members"]]
        places = [provenance.defect_position(dot, m) for m in members if m["symbol"] != "Cu_Cu*"]
        shared = [len(sulphurs(dot, active) & sulphurs(dot, p)) for p in places]
        assert max(shared) == 1, (seed, shared)
        if kind == "A":  # the exchanged ions are beside each other
            assert len(sulphurs(dot, places[0]) & sulphurs(dot, places[1])) == 1
        assert apart(dot) == [] or compensation == "ionic"
        removed = {"A": 0, "B": 1, "C": 1}[kind] + (compensation == "ionic")
        assert len(dot) == len(filled) - removed


def test_the_composition_is_kept_and_an_exchange_is_said():
    exchanged = 0
    for seed in range(20):
        filled = bare(3, seed)
        dot = defect_type(filled, "C")
        said = [note for note in provenance.notes(dot) if "were exchanged" in note]
        moved = sum(s["step"] == "exchange_cations" for s in provenance.history(dot))
        assert len(said) == moved <= 1
        exchanged += moved
        assert sorted(dot.symbols) == sorted(filled.symbols[: len(filled)])[1:] or (
            dot.get_chemical_formula() == "Cu3In4S19Zn2"
        )
    assert 0 < exchanged < 20


@pytest.mark.parametrize(("kind", "compensation"), KINDS)
def test_neither_numbering_nor_frame_decides(kind, compensation):
    rng = np.random.default_rng(0)
    for seed in (0, 2, 5):
        filled = bare(3, seed)
        expected = defect_type(filled, kind, compensation=compensation)
        active = provenance.details(expected)["defect_type"]["active_site"]
        for _ in range(3):
            order = rng.permutation(len(filled))
            other = defect_type(filled[order], kind, compensation=compensation)
            site = provenance.details(other)["defect_type"]["active_site"]
            assert other.positions[site] == pytest.approx(expected.positions[active])
            assert same_places(expected, other)
        turned = filled.copy()
        turn = Rotation.random(random_state=seed).as_matrix()
        turned.positions = turned.positions @ turn.T + 3.0
        other = defect_type(turned, kind, compensation=compensation)
        other.positions = (other.positions - 3.0) @ turn
        site = provenance.details(other)["defect_type"]["active_site"]
        assert other.positions[site] == pytest.approx(expected.positions[active])
        assert same_places(expected, other)


def same_places(one, other):
    key = lambda atoms: sorted(  # noqa: E731
        (s, *np.round(p, 3) + 0.0) for s, p in zip(atoms.symbols, atoms.positions, strict=True)
    )
    return key(one) == key(other)


def test_an_explicit_far_pair_is_made_and_flagged():
    filled = bare(4, 0)
    coppers = select_sites(filled, element="Cu")
    active = coppers[-1]
    far = max(coppers, key=lambda i: filled.get_distance(active, i))
    for kind in "ABC":
        dot = defect_type(filled, kind, site=far, next_to=active)
        (flag,) = apart(dot)[:1]
        assert f"{filled.get_distance(active, far):.1f} Å" in flag
        assert apart(passivate(dot)) == apart(dot)
        assert "apart from" in provenance.notes(dot)[-1]
        # the words name atoms of the dot they are about, whose numbers a vacancy has shifted
        site = provenance.details(dot)["defect_type"]["active_site"]
        assert f"from the active Cu{site}, no anion" in flag
        assert ("the vacant Cu site" in flag) == (kind in "BC")


def test_a_passivated_dot_without_a_pair_is_refused_in_one_line():
    lonely = next(s for s in range(20) if exchanges(s))
    dot = passivate(bare(3, lonely))
    with pytest.raises(StructureError, match="before passivate") as error:
        defect_type(dot, "C")
    assert "\n" not in str(error.value)


def exchanges(seed):
    return any("exchanged" in n for n in provenance.notes(defect_type(bare(3, seed), "C")))


def test_what_surrounds_the_vacancy_moves_with_the_site():
    dot = passivate(defect_type(bare(3, 0), "C"))
    active = provenance.details(dot)["defect_type"]["active_site"]
    (place,) = defect_sites(dot, "V_Cu'")
    held = set(prepare_site(dot, active, 4.0).constraints[0].index)
    around = np.flatnonzero(np.linalg.norm(dot.positions - place, axis=1) < 4.0)
    assert (dot.symbols[around] == "S").sum() >= 3
    assert not held & set(around)
    assert held
    shifted = dot.copy()
    shifted.positions += 7.0  # as centre(vacuum=…) does
    assert set(prepare_site(shifted, active, 4.0).constraints[0].index) == held


def test_a_site_away_from_the_named_defect_is_flagged():
    dot = passivate(defect_type(bare(4, 0), "C"))
    active = provenance.details(dot)["defect_type"]["active_site"]
    (place,) = defect_sites(dot, "V_Cu'")
    assert not apart(prepare_site(dot, active, None))
    far = max(
        select_sites(dot, element="Cu"), key=lambda i: np.linalg.norm(dot.positions[i] - place)
    )
    (flag,) = apart(prepare_site(dot, far, None))
    assert f"{np.linalg.norm(dot.positions[far] - place):.1f} Å from the Type C defect" in flag
    assert not apart(dot)


def test_a_vacancy_is_where_its_neighbours_are():
    dot = defect_type(bare(3, 0), "C")
    (before,) = defect_sites(dot, "V_Cu'")
    turn = Rotation.random(random_state=1).as_matrix()
    moved = dot.copy()
    moved.positions = dot.positions @ turn.T + [1.0, -2.0, 3.0]
    (after,) = defect_sites(moved, "V_Cu'")
    assert after == pytest.approx(turn @ before + [1.0, -2.0, 3.0])
    middle = dot.positions.mean(axis=0)
    scaled = vegard_scaled(dot, "CuInS2", {"Zn": "ZnS"})
    factor = np.linalg.norm(scaled.positions[0] - middle) / np.linalg.norm(
        dot.positions[0] - middle
    )
    assert defect_sites(scaled, "V_Cu'")[0] == pytest.approx(middle + factor * (before - middle))
    active = provenance.details(dot)["defect_type"]["active_site"]
    assert defects_around(dot, active) == pytest.approx(
        np.array([dot.positions[active], before]), abs=1e-9
    )


def test_order_is_by_place():
    dot = bare(3, 0)
    rng = np.random.default_rng(3)
    first = dot.positions[geometric_order(dot, range(len(dot)))]
    permutation = rng.permutation(len(dot))
    other = dot[permutation]
    assert other.positions[geometric_order(other, range(len(dot)))] == pytest.approx(first)
