"""Janus nanocrystals: whole layers, the stated orientation, contacts by species."""

import time

import numpy as np
import pytest
from ase.neighborlist import neighbor_list

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures import contact_distances, crystal, janus
from heterodot.structures.chemistry.electrons import electron_count
from heterodot.structures.chemistry.joints import Joint
from heterodot.workflows.questions.relaxation import structure_gates


def record(atoms):
    return provenance.details(atoms)["janus"]


def too_close(a, b):
    """Pairs of atoms of two pieces nearer than rigid faces allow, by a double loop."""
    symbols = a.get_chemical_symbols(), b.get_chemical_symbols()
    limit = contact_distances(*symbols, touch=1.0, rigid=True)
    distance = np.linalg.norm(a.positions[:, None] - b.positions[None], axis=2)
    return np.argwhere(distance < limit - 1e-6)


def pieces(atoms):
    domain = atoms.arrays["domain"]
    first = domain == domain[0]
    return atoms[first], atoms[~first]


@pytest.fixture(scope="module")
def published():
    return janus(edge=30)


def test_the_pieces_and_their_arrays(published):
    cuboid, cap = pieces(published)
    assert set(cuboid.symbols) == {"Cs", "Pb", "Br"}
    assert set(cap.symbols) == {"Cd", "S"}
    assert set(published.arrays["domain"]) == {"CsPbBr3", "CdS"}
    assert set(published.arrays["role"]) == {"interface", "surface", "inner"}
    assert cuboid.arrays["layer"].min() == cap.arrays["layer"].min() == 0
    top = cuboid.arrays["layer"] == 0
    assert cuboid.positions[top, 2].min() > cuboid.positions[:, 2].max() - 2.5
    assert cap.positions[cap.arrays["layer"] == 0, 2].min() == cap.positions[:, 2].min()
    assert not published.pbc.any()
    count = electron_count(published)
    assert count.formal_charge_sum == pytest.approx(published.arrays["formal_charge"].sum())
    assert any("formal charges" in note for note in provenance.notes(published))


def test_both_crystals_are_unstrained(published):
    """Every bond is as long as in the crystal."""
    cuboid, cap = pieces(published)
    for piece, name, pair in ((cuboid, "CsPbBr3", ("Pb", "Br")), (cap, "CdS", ("Cd", "S"))):
        bulk = crystal(name)
        expected = neighbor_list("d", bulk, {pair: 3.3})
        found = find_bonds(piece[[s in pair for s in piece.symbols]]).lengths
        found = found[found < 3.3]
        assert np.allclose(np.min(np.abs(found[:, None] - expected[None]), axis=1), 0, atol=1e-6)


@pytest.mark.parametrize(
    ("normal", "along"),
    [((2, -1, -1), (1, 1, 1)), ((4, 2, 1), (1, -2, 0)), ((-1, 3, 2), (1, 1, -1))],
)
def test_the_cap_is_turned_by_a_proper_rotation(normal, along):
    """Turned back by the rotation the relation gives, the cap lies on its crystal's lattice.

    (421) and (-132) of zinc blende have no mirror: there, a mirrored cap would not fit.
    """
    plane, direction = ("".join(map(str, v)) for v in (normal, along))
    dot = janus(
        edge=25, radius=9, registry_steps=1,
        relation=f"(100)a || ({plane})b, [001]a || [{direction}]b",
    )  # fmt: skip
    z = np.array(normal) / np.linalg.norm(normal)  # the facet's frame: x [010], y [001], z [100]
    y = np.array(along) / np.linalg.norm(along)
    frame = np.array([np.cross(y, z), y, z])
    assert np.linalg.det(frame) == pytest.approx(1)
    cap = pieces(dot)[1]
    origin = cap.positions[cap.symbols == "Cd"][0]

    def misfit(positions):
        steps = (positions - origin) @ frame / (5.832 / 4)
        steps -= np.where(cap.symbols == "S", 1, 0)[:, None]
        halves = steps / 2  # fcc: pairs of odd numbers of half an edge
        return np.abs(halves - np.rint(halves)).max()

    assert misfit(cap.positions) < 1e-6
    mirrored = origin + (cap.positions - origin) * [-1, 1, 1]
    assert (misfit(mirrored) > 0.1) == (normal != (2, -1, -1))


def test_no_contact_is_shorter_than_its_species_allow(published):
    cuboid, cap = pieces(published)
    assert len(too_close(cuboid, cap)) == 0
    i, j = np.unravel_index(
        np.argmin(np.linalg.norm(cuboid.positions[:, None] - cap.positions[None], axis=2)),
        (len(cuboid), len(cap)),
    )
    limit = contact_distances(
        cuboid.get_chemical_symbols(), cap.get_chemical_symbols(), touch=1.0, rigid=True
    )
    relative = np.linalg.norm(cuboid.positions[:, None] - cap.positions[None], axis=2) / limit
    assert relative.min() == pytest.approx(1.0, abs=1e-6)
    assert relative.min() == pytest.approx(record(published)["closest_contact"], abs=1e-6)
    lower = cap.copy()
    lower.positions[:, 2] -= 0.3
    assert len(too_close(cuboid, lower)) > 0
    assert limit[i, j] > 2


@pytest.mark.parametrize("edge", [30.0, 55.0])
def test_edges_are_the_nearest_whole_layers_give(edge):
    dot = janus(edge=edge, registry_steps=1)
    cuboid, _ = pieces(dot)
    extents = np.ptp(cuboid.positions, axis=0)
    stated = {tuple(f["miller"]): f["edge"] for f in record(dot)["faces"]}
    assert extents[[2, 0, 1]] == pytest.approx(
        [stated[m] for m in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    )
    assert np.abs(extents - edge).max() < 3.0
    centre = (cuboid.positions.max(axis=0) + cuboid.positions.min(axis=0)) / 2
    assert centre == pytest.approx(0, abs=1e-6)


def test_terminations_are_whole_planes():
    dot = janus(edge=30, termination=["Br", "CsPbBr", "CsBr"], registry_steps=2)
    cuboid, _ = pieces(dot)
    assert [f["terminations"] for f in record(dot)["faces"]] == [
        ["Br"] * 2,
        ["CsPbBr"] * 2,
        ["CsBr"] * 2,
    ]
    bottom = cuboid[cuboid.positions[:, 1] < cuboid.positions[:, 1].min() + 1.0]
    assert set(bottom.symbols) == {"Cs", "Br"}
    neutral, _ = pieces(janus(edge=30, termination="any", registry_steps=1))
    assert abs(neutral.arrays["formal_charge"].sum()) < 1e-9


def test_other_facets_crystals_and_a_given_gap():
    back = janus(edge=30, facet="(-100)", registry_steps=2)
    assert record(back)["facet"] == [-1, 0, 0]
    assert record(back)["cap_plane"] == [-2, 1, 1]
    cubic = janus(
        "CsPbCl3-cubic", "ZnS", relation="(100)a || (100)b, [001]a || [001]b",
        edge=(30, 40, 25), radius=10, registry_steps=3,
    )  # fmt: skip
    assert set(cubic.arrays["domain"]) == {"CsPbCl3-cubic", "ZnS"}
    pseudo = janus(
        edge=30, facet="pseudo-cubic:(100)", termination="CsBr", registry_steps=2,
        relation="pseudo-cubic:(100)a || (100)b, [001]a || [001]b",
    )  # fmt: skip
    assert record(pseudo)["facet"] == [1, 1, 0]
    closer = janus(edge=30, gap=1.4, drop_clashes=True, registry_steps=2)
    assert len(too_close(*pieces(closer))) == 0
    assert record(closer)["gap"] >= 1.4
    assert record(closer)["cap_atoms_dropped"] > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"edge": 5.5}, "5.5 nm is 55"),
        ({"edge": float("nan")}, "edge"),
        ({"edge": 1e5}, "GB"),
        ({"edge": (30, 30)}, "one length or three"),
        ({"radius": 40}, "at most"),
        ({"facet": "(111)"}, "no face of the cuboid"),
        ({"relation": "(100)a || (2-1-1)b"}, "leaves a rotation free"),
        ({"relation": "{100}a || {211}b"}, "family"),
        ({"relation": "(100)a || (2-1-1)b, [010]a || [111]b, [001]a || [111]b"}, "contradict"),
        ({"gap": 0.5}, "expected 1"),
        ({"termination": "CsBr"}, "the layers of"),
        ({"faces": ["100", "010", "011"]}, "perpendicular"),
        ({"registry_steps": 0}, "registry_steps"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(options, message):
    with pytest.raises(StructureError, match=message) as error:
        janus(**{"edge": 30, **options})
    assert "\n" not in str(error.value)


def shortest(atoms, *pair):
    """Shortest distance between an element of each piece, Å."""
    cuboid, cap = pieces(atoms)
    first, second = (p.positions[p.symbols == s] for p, s in zip((cuboid, cap), pair, strict=True))
    return np.linalg.norm(first[:, None] - second[None], axis=2).min()


@pytest.mark.parametrize(
    "options",
    [
        {"edge": 55.0},
        {"edge": 55.0, "termination": ("Br", None, None)},
        {"edge": 30.0, "termination": ("CsPbBr", None, None)},
        {"edge": 30.0, "termination": ("Br", None, None)},
        {"edge": 30.0, "facet": "(-100)"},
    ],
)
def test_the_pieces_are_bonded(options):
    """Cd–Br of 2.6 to 2.8 Å (CdBr4(2-) 2.58, CdBr2 2.76): the stretch that the published show."""
    dot = janus("CsPbBr3", "CdS", **options)
    found = shortest(dot, "Br", "Cd")
    assert 2.55 < found < 2.85
    made = record(dot)
    assert made["shortest"]["Cd–Br"] == pytest.approx(found)
    assert made["bonds"] >= 5
    assert made["unbonded"] is False
    assert any(f"{made['bonds']} bonds across" in note for note in provenance.notes(dot))


def test_a_joint_without_bonds_is_said():
    apart = janus(edge=30, gap=6.0, registry_steps=1)
    assert record(apart)["bonds"] == 0
    assert record(apart)["unbonded"] is True
    assert "nothing holds" in provenance.flags(apart)[0]
    assert any(note.startswith("unbonded: ") for note in provenance.notes(apart))
    assert structure_gates(apart, apart) == ()  # the structure has the flag itself


def test_pieces_that_came_apart_are_flagged_on_the_answer(published):
    """Moved by hand, or by a relaxation: the record still counts the bonds of before."""
    drifted = published.copy()
    drifted.positions[drifted.arrays["domain"] == "CdS"] += 20.0
    assert structure_gates(published, published) == ()
    for start in (published, drifted):
        assert "unbonded" in [flag.name for flag in structure_gates(start, drifted)]


def test_the_words_on_a_joint_name_a_pair_that_bonds():
    """Sr over Cu; the Cu–O of the same length holds nothing."""
    shortest, lengths = {"Cu–O": 3.27, "Sr–Cu": 3.27}, {"Cu–O": 1.98, "Sr–Cu": 3.27}
    said = Joint(4, 2, shortest, lengths).summary()
    assert said == "4 bonds across, shortest Sr–Cu 3.27 Å (a bond has 3.27)"
    said = Joint(0, 0, {"Cu–O": 3.27, "Sr–Cu": 4.1}, lengths).summary()
    assert said == "0 bonds across, shortest Cu–O 3.27 Å (a bond has 1.98)"


@pytest.mark.slow
def test_a_hundred_thousand_atoms_in_seconds():
    start = time.process_time()
    dot = janus(edge=164)
    assert len(dot) > 1e5
    assert time.process_time() - start < 20
    assert [round(f["edge"] / 10, 1) for f in record(dot)["faces"]] == [16.5, 16.6, 16.5]
