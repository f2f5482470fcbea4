"""Cutting in lattice coordinates, against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures import Facet, crystal, cut
from heterodot.structures.crystals.planes import plane_normal
from heterodot.structures.dots import lattice
from heterodot.structures.dots.halfspaces import estimated_points
from heterodot.structures.dots.lattice import _body

TETRAHEDRON = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))


def brute_force(bulk, facets=(), sphere=None, box=None, centre=(0, 0, 0), tolerance=1e-3, cells=6):
    """Positions inside the body, by looking at every atom of a large block."""
    block = np.array(np.meshgrid(*[np.arange(-cells, cells + 1)] * 3)).reshape(3, -1).T
    x = (block[:, None] + bulk.get_scaled_positions(wrap=False)[None]).reshape(-1, 3)
    r = (x - np.asarray(centre)) @ bulk.cell.array
    keep = np.ones(len(r), bool)
    for facet in facets:
        normal = plane_normal(bulk, facet.miller)
        keep &= r @ normal / np.linalg.norm(normal) <= facet.distance + tolerance
    if sphere is not None:
        keep &= np.linalg.norm(r, axis=1) <= sphere + tolerance
    if box is not None:
        keep &= np.all(np.abs(r) <= np.asarray(box) / 2 + tolerance, axis=1)
    return r[keep]


def rows(positions):
    """Positions in a canonical order."""
    rough = np.round(positions, 4) + 0.0
    return rough[np.lexsort(rough.T)]


CASES = {
    "sphere": {"sphere": 9.7},
    "box": {"box": (11.0, 7.0, 15.0)},
    "sphere and box": {"sphere": 8.0, "box": (20.0, 6.0, 9.0)},
    "tetrahedron": {"facets": [Facet(h, 6.0) for h in TETRAHEDRON]},
    "facets and sphere": {"facets": [Facet((2, 1, 0), 3.0), Facet((0, 0, 1), -2.0)], "sphere": 9.0},
    "off centre": {"sphere": 7.0, "centre": (0.3, 0.1, 0.77)},
    "away from the centre": {"facets": [Facet((1, 0, 0), -4.0)], "box": (16.0, 6.0, 6.0)},
}


@pytest.mark.parametrize("name", ["ZnS", "CuInS2", "CdS-wurtzite", "MoS2"])
@pytest.mark.parametrize("case", CASES)
def test_same_atoms_as_brute_force(name, case):
    bulk = crystal(name)
    piece = cut(bulk, **CASES[case])
    assert rows(piece.positions) == pytest.approx(rows(brute_force(bulk, **CASES[case])), abs=2e-4)


@settings(deadline=None, max_examples=12)
@given(
    millers=st.lists(
        st.tuples(*[st.integers(-3, 3)] * 3).filter(any), min_size=1, max_size=5, unique=True
    ),
    distance=st.floats(0.5, 8.0),
    radius=st.floats(2.0, 11.0),
    centre=st.tuples(*[st.floats(0, 1)] * 3),
)
def test_any_convex_body(millers, distance, radius, centre):
    bulk = crystal("CuInS2")
    body = {"facets": [Facet(h, distance) for h in millers], "sphere": radius, "centre": centre}
    expected = brute_force(bulk, **body, cells=4)
    if len(expected) == 0:
        with pytest.raises(StructureError, match="no atom"):
            cut(bulk, **body)
    else:
        assert len(cut(bulk, **body)) == len(expected)


@pytest.mark.parametrize("name", ["ZnS", "CuInS2", "InP", "CsPbBr3-cubic", "Cu"])
def test_roles_are_missing_neighbours(name):
    """Surface atoms, found from the boundary planes, are those that lack a neighbour."""
    bulk = crystal(name)
    piece = cut(bulk, [Facet((1, 1, 0), 6.0)], sphere=11.0, centre=(0.1, 0.2, 0.3))
    surface = piece.arrays["role"] == "surface"
    cation = piece.arrays["sublattice"] == "cation"
    full = find_bonds(bulk).coordination
    wanted = {z: full[bulk.numbers == z].max() for z in set(bulk.numbers)}
    expected = find_bonds(piece).coordination < [wanted[z] for z in piece.numbers]
    assert np.array_equal(surface[~cation], expected[~cation])
    if name != "CsPbBr3-cubic":
        d = piece[cation].get_all_distances()
        near = (d < 1.2 * np.sort(d, axis=1)[:, 1].min()).sum(axis=1) - 1
        assert np.array_equal(surface[cation], near < 12)


def test_layers_follow_the_first_facet():
    bulk = crystal("ZnS")
    piece = cut(bulk, [Facet((1, 1, 1), 5.0)], sphere=10.0)
    layer = piece.arrays["layer"]
    cation = piece.arrays["sublattice"] == "cation"
    height = piece.positions @ np.ones(3) / np.sqrt(3)
    spacing = 5.409 / np.sqrt(3)
    assert layer.min() == 0
    top = height[cation & (layer == 0)]
    assert np.ptp(top) == pytest.approx(0, abs=1e-9)
    assert height[cation] == pytest.approx(top[0] - spacing * layer[cation])
    bilayer = top[0] - spacing * layer[~cation] - height[~cation]
    assert np.abs(bilayer).max() < spacing / 2


def test_metadata_survives_and_the_input_is_left_alone():
    bulk = crystal("CuInS2")
    before = bulk.copy()
    piece = cut(bulk, sphere=6.0, centre="In")
    assert bulk == before
    assert provenance.details(bulk) == provenance.details(before)
    assert not piece.pbc.any()
    assert piece.cell.volume == 0
    assert piece.symbols[np.linalg.norm(piece.positions, axis=1).argmin()] == "In"
    assert [step["step"] for step in provenance.history(piece)] == ["crystal", "cut"]
    assert set(piece.arrays["domain"]) == {"dot"}
    charge = {"Cu": 1, "In": 3, "S": -2}
    assert piece.arrays["formal_charge"] == pytest.approx([charge[s] for s in piece.symbols])


def test_atoms_on_the_boundary_belong_to_the_piece():
    piece = cut(crystal("Cu"), sphere=3.615 / np.sqrt(2))
    assert len(piece) == 13


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "nothing to cut with"),
        ({"facets": [Facet((1, 1, 1), 5.0)]}, "do not close"),
        ({"facets": [Facet((1, 1, 0), 5.0), Facet((-1, -1, 0), 5.0)]}, "do not close"),
        ({"sphere": -1.0}, "positive"),
        ({"sphere": float("nan")}, "positive"),
        ({"box": (1.0, 2.0)}, "three edge"),
        ({"sphere": 3.0, "centre": "Xe"}, "the crystal holds"),
        ({"sphere": 3.0, "centre": (0, 1)}, "three fractional"),
        ({"sphere": 0.1, "centre": (0.1, 0.1, 0.4)}, "no atom"),
        ({"facets": [Facet((1, 0, 0), -9.0), Facet((-1, 0, 0), 5.0)], "sphere": 20.0}, "no atom"),
        ({"sphere": 3.0, "tolerance": -1.0}, "tolerance"),
        ({"sphere": 1e5}, "cut a smaller piece"),
        ({"sphere": 1e300}, "below 1e"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(StructureError, match=message):
        cut(crystal("ZnS"), **arguments)


def test_refuses_what_is_no_crystal_and_bad_facets():
    piece = cut(crystal("ZnS"), sphere=5.0)
    with pytest.raises(StructureError, match="periodic"):
        cut(piece, sphere=3.0)
    with pytest.raises(StructureError, match="distance inf"):
        Facet((1, 1, 1), float("inf"))
    with pytest.raises(StructureError, match="Miller"):
        cut(crystal("ZnS"), [Facet((0, 0, 0), 1.0)], sphere=3.0)


def test_exact_size_is_checked_before_the_atoms_are_made(monkeypatch):
    monkeypatch.setattr(lattice, "usable_memory", lambda: 500 * lattice.BYTES_PER_ATOM)
    assert len(cut(crystal("ZnS"), sphere=13.0)) < 500
    with pytest.raises(StructureError, match="smaller"):
        cut(crystal("ZnS"), sphere=15.0)


def test_size_estimate():
    bulk = crystal("ZnS")
    estimate = 8 * estimated_points(_body(bulk, (), 300.0, None, 0.0))
    assert estimate == pytest.approx(8 * 4 / 3 * np.pi * 300**3 / 5.409**3, rel=0.02)


def test_an_oblique_needle_costs_what_it_holds():
    """A long thin rod along [111] whose bounding box would hold 1e9 cells."""
    sides = [(1, -1, 0), (-1, 1, 0), (1, 1, -2), (-1, -1, 2)]
    ends = [Facet((1, 1, 1), 3e3), Facet((-1, -1, -1), 3e3)]
    rod = cut(crystal("ZnS"), [Facet(h, 2.0) for h in sides] + ends)
    assert 3000 < len(rod) < 10000
