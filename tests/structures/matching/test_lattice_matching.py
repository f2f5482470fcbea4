"""Lattice matching: complete, each match once, and what each says of itself is true."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.linalg import polar as scipy_polar
from scipy.spatial.transform import Rotation

from heterodot.analysis.geometry.plot_matches import plot_matches
from heterodot.errors import InputError, StructureError
from heterodot.structures import Matches, crystal, match_lattices, surface_cell
from heterodot.structures.crystals.elastic_constants import cubic_constants
from heterodot.structures.matching import Net, net
from heterodot.structures.matching.planar import reduce_bases, row_echelon, sublattices

HEXAGON = [[1.0, 0.0], [0.5, np.sqrt(0.75)]]
lengths = st.floats(2.5, 4.5)
cells = st.one_of(
    st.builds(lambda a, b, x: [[a, 0.0], [x * a, b]], lengths, lengths, st.floats(-0.5, 0.5)),
    st.builds(lambda a: [[a, 0.0], [0.0, a]], lengths),
    st.builds(lambda a: (a * np.array(HEXAGON)).tolist(), lengths),
    st.builds(lambda a, b: [[a, 0.0], [0.0, b]], lengths, lengths),
)


def rows(left, right):
    """The match as a lattice in four dimensions, without regard to the bases chosen."""
    form = row_echelon(np.concatenate([left, right], axis=1)[None])[0]
    return tuple(map(int, form.ravel()))


def brute_force(film, substrate, area, strain):
    """Every pair of supercells and every map between them, by trying all short vectors."""
    found = set()
    grid = np.array(list(itertools.product(range(-40, 41), repeat=2)))
    lengths = np.linalg.norm(grid @ substrate.in_plane, axis=1)
    for left in sublattices(int(area / film.area * (1 + 1e-9))):
        supercell = left @ film.in_plane
        options = [
            grid[np.abs(lengths / np.linalg.norm(vector) - 1) <= strain + 1e-9]
            for vector in supercell
        ]
        for u, v in itertools.product(*options):
            right = np.array([u, v])
            det = round(np.linalg.det(right))
            if det <= 0 or det * substrate.area > area * (1 + 1e-9):
                continue
            stretch = np.linalg.svd(
                np.linalg.solve(supercell, right @ substrate.in_plane), compute_uv=False
            )
            if np.abs(stretch - 1).max() <= strain:
                found.add(rows(left, right))
    return found


def orbit(match, film, substrate):
    left, right = (
        np.array(match).reshape(2, 4)[:, :2],
        np.array(match).reshape(2, 4)[:, 2:],
    )
    return frozenset(
        rows(left @ f, right @ s)
        for f in film.operations
        for s in substrate.operations
        if np.linalg.det(f) * np.linalg.det(s) > 0
    )


@given(cells, cells, st.floats(1.5, 4.5), st.sampled_from([0.02, 0.06, 0.15]), st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_search_is_complete_and_lists_each_match_once(one, two, factor, strain, chiral):
    film, substrate = net(one), net(two)
    if chiral:  # fewer operations: what symmetry would join must be listed apart
        film = Net(film.in_plane, np.eye(2, dtype=int)[None], "film", film.basis)
    area = factor * max(film.area, substrate.area)
    edge = 2e-6  # matches on the very bound may fall on either side
    expected = brute_force(film, substrate, area, strain)
    assume(expected == brute_force(film, substrate, area * (1 + edge), strain + edge))
    found = match_lattices(film, substrate, max_area=area, max_strain=strain, supercells=True)
    orbits = [
        orbit(rows(f, s), film, substrate)
        for f, s in zip(found.film_transforms, found.substrate_transforms, strict=True)
    ]
    assert [len(o) for o in orbits] == found.multiplicity.tolist()
    assert sum(len(o) for o in orbits) == len(expected)
    assert set().union(*orbits) == expected


def summary(found: Matches):
    """What may not depend on the bases or the frames of the cells given."""
    return sorted(
        (round(m.area, 5), *np.round(m.principal, 7), m.multiplicity) for m in found
    )  # the twist counts from a1, which may be one or the other of two equally short vectors


@given(cells, cells, st.integers(-3, 3), st.floats(0, 360), st.booleans())
@settings(max_examples=30, deadline=None)
def test_bases_and_frames_do_not_matter(one, two, shear, angle, swap):
    """Re-basing either cell, also by a left-handed basis, and turning the film, change nothing."""
    basis = np.array([[1, shear], [0, 1]]) @ ([[0, 1], [1, 0]] if swap else np.eye(2, dtype=int))
    turn = Rotation.from_euler("z", angle, degrees=True).as_matrix()[:2, :2]
    options = {"max_area": 120.0, "max_strain": 0.04}
    first = match_lattices(one, two, **options)
    other = match_lattices(basis @ one @ turn, basis[::-1] @ two, **options)
    assume(np.all(np.abs(np.abs(first.principal).max(axis=1, initial=0) - 0.04) > 1e-7))
    assert np.array(summary(first)) == pytest.approx(np.array(summary(other)), abs=2e-5)


@given(cells, cells, st.sampled_from(["film", "substrate", "shared"]))
@settings(max_examples=30, deadline=None)
def test_what_a_match_says_is_true(one, two, strained):
    found = match_lattices(one, two, max_area=100, max_strain=0.05, strained=strained)
    for match in found[:8]:
        film = match.film_transform @ match.film.in_plane
        substrate = match.substrate_transform @ match.substrate.in_plane
        assert round(np.linalg.det(match.film_transform)) >= 1
        assert round(np.linalg.det(match.substrate_transform)) >= 1
        for supercell, gradient in (
            (film, match.film_gradient),
            (substrate, match.substrate_gradient),
        ):
            assert np.linalg.det(gradient) > 0
            assert np.abs(supercell @ gradient.T - match.cell).max() < 1e-10
        rotation, stretch = scipy_polar(np.linalg.solve(film, substrate).T)
        assert match.strain == pytest.approx(stretch - np.eye(2), abs=1e-10)
        angle = np.degrees(np.arctan2(rotation[1, 0], rotation[0, 0]))
        assert np.cos(np.radians(angle - match.twist)) == pytest.approx(1, abs=1e-12)
        assert max(map(abs, match.principal)) <= 0.05 + 1e-9
        assert match.area <= 100 * 1.05**2
        borne = {"film": match.substrate_strain, "substrate": match.film_strain}.get(strained)
        if borne is not None:
            assert np.abs(borne).max() < 1e-10


def test_supercells_of_matches_are_left_out_unless_wanted():
    every = match_lattices(HEXAGON, HEXAGON, max_area=13, max_strain=1e-6, supercells=True)
    found = match_lattices(HEXAGON, HEXAGON, max_area=13, max_strain=1e-6)
    assert len(found) < len(every)
    # the coincidence lattices of a hexagonal net: Σ1, Σ7 (38.21° or 21.79°), Σ13 (27.80°, 32.20°)
    assert [round(m.area / np.sqrt(0.75)) for m in found] == [1, 7, 13]
    assert [m.twist for m in found] == pytest.approx([0, 21.787, 27.796], abs=1e-3)


def test_mirror_images_are_different_where_nothing_mirrors():
    """An oblique film fits itself once; its mirror image only where that happens to coincide."""
    cell = np.array([[3.0, 0.0], [0.7, 4.1]])
    mirrored = cell * [1, -1]
    same = match_lattices(cell, cell, max_area=13, max_strain=0.01)
    assert len(same) == 1
    assert same[0].multiplicity == 2
    assert len(match_lattices(cell, mirrored, max_area=13, max_strain=0.01)) == 0


@pytest.mark.parametrize(
    ("name", "miller", "area", "n_operations", "spacing"),
    [
        ("CdS", (1, 1, 1), 5.832**2 * np.sqrt(3) / 4, 6, 5.832 / np.sqrt(3)),
        ("CdS", (2, -1, -1), 5.832**2 * np.sqrt(6) / 2, 2, 5.832 / np.sqrt(24)),
        ("Cu", (1, 0, 0), 3.615**2 / 2, 8, 3.615 / 2),
        ("CsPbBr3", (0, 0, 2), 8.207 * 8.255, 4, 11.759),
        ("MoS2", (0, 0, 1), 3.16**2 * np.sqrt(0.75), 12, 12.294),
    ],
)
def test_surface_cells(name, miller, area, n_operations, spacing):
    cell = surface_cell(crystal(name), miller)
    assert cell.area == pytest.approx(area, rel=1e-3)
    assert len(cell.operations) == n_operations
    assert cell.spacing == pytest.approx(spacing, rel=1e-3)
    assert np.linalg.det(cell.lattice) > 0
    assert np.linalg.det(cell.frame) == pytest.approx(1)
    assert cell.lattice[:2] @ cell.frame.T == pytest.approx(
        np.column_stack([cell.in_plane, [0, 0]]), abs=1e-9
    )
    assert cell.lattice[2] @ cell.frame[2] == pytest.approx(cell.spacing)
    volume = len(crystal(name)) / crystal(name).cell.volume
    assert cell.n_atoms == pytest.approx(volume * cell.area * cell.spacing)


def test_surface_cell_of_a_left_handed_turned_cell():
    bulk = crystal("CuInS2")
    turn = Rotation.from_euler("xyz", [0.4, 1.0, 2.2]).as_matrix()
    left = bulk.copy()
    left.set_cell(bulk.cell.array[[1, 0, 2]] @ turn.T)
    left.set_scaled_positions(bulk.get_scaled_positions()[:, [1, 0, 2]])
    assert left.cell.volume > 0
    assert np.linalg.det(left.cell.array) < 0
    one, two = surface_cell(bulk, (2, 1, 3)), surface_cell(left, (1, 2, 3))
    assert np.linalg.det(two.lattice) > 0
    metric = [
        reduce_bases(np.eye(2, dtype=int)[None], c.in_plane @ c.in_plane.T)[1] for c in (one, two)
    ]
    assert metric[0] == pytest.approx(metric[1])
    assert one.frame[2] == pytest.approx(two.frame[2] @ turn)


def test_polar_planes_are_searched_apart_and_elastic_energy_is_the_textbook_one():
    """A film strained equally in (001) stores (C11 + C12 - 2 C12²/C11) ε² per volume."""
    found = match_lattices(
        "ZnSe", "InP", film_miller=(0, 0, 1), substrate_miller=(0, 0, 1), max_area=40,
        max_strain=0.05, film_thickness=20.0,
    )  # fmt: skip
    best = found.best
    c11, c12, _ = cubic_constants("ZnSe")
    log_strain = np.log(1 + best.principal[0])
    density = (c11 + c12 - 2 * c12**2 / c11) * log_strain**2 / 160.2176634
    assert best.energy == pytest.approx(density * 20.0 * best.area, rel=1e-6)
    every = match_lattices("ZnSe", "Cu", max_miller=1, max_area=60, max_strain=0.05)
    labels = {p.film.label for p in every.pairs}
    assert labels == {"ZnSe(100)", "ZnSe(110)", "ZnSe(111)", "ZnSe(11-1)"}


def test_elastic_sharing_gives_the_stiffer_side_less_and_is_least_in_energy():
    options = {
        "film_miller": "111", "substrate_miller": "111", "max_area": 200, "max_strain": 0.05,
        "score": "energy",
    }  # fmt: skip
    shared = {s: match_lattices("InP", "ZnSe", strained=s, **options) for s in
              ("elastic", "shared", "film", "substrate")}  # fmt: skip
    energy = {s: found.best.energy for s, found in shared.items()}
    assert energy["elastic"] == min(energy.values())
    stiff = match_lattices(
        "InP", "ZnSe", strained="elastic", film_elastic=[1e6, 5e5, 3e5], **options
    )
    assert np.abs(stiff.best.film_strain).max() < 1e-3 * max(map(abs, stiff.best.principal))


def test_bounds_are_kept():
    every = match_lattices(
        "CsPbBr3", "CdS", film_miller="001", substrate_miller="111", max_area=500
    )
    assert len(every) > 4
    limited = match_lattices(
        "CsPbBr3", "CdS", film_miller="001", substrate_miller="111", max_area=500,
        max_atoms=int(np.median([m.n_atoms for m in every])), max_von_mises=0.03, twist=(-10, 25),
    )  # fmt: skip
    kept = [
        m for m in every
        if m.n_atoms <= np.median([x.n_atoms for x in every]) and m.von_mises <= 0.03
    ]  # fmt: skip
    assert 0 < len(limited) <= len(kept)
    assert all(-10 <= m.twist <= 25 for m in limited)
    assert (np.diff(every.score) >= 0).all()
    table = every.table(3)
    assert [row["rank"] for row in table] == [1, 2, 3]
    assert table[0]["n_atoms"] == every.best.n_atoms


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_area": 10}, "one cell of the film"),
        ({"max_strain": 0.9}, "max_strain"),
        ({"max_area": 1e8}, "GB"),
        ({"film_miller": (0, 0, 0)}, "no plane"),
        ({"film_miller": None}, "no plane of the film"),
        ({"strained": "elastic"}, "elastic constants"),
        ({"relation": "[100]f || [110]s"}, "cannot hold"),
        ({"twist": (30, 10)}, "twist"),
        ({"max_atoms": True}, "max_atoms"),
        ({"film_elastic": [1, 2, 3]}, "positive definite"),
    ],
)
def test_impossible_requests_are_refused_in_one_line(options, message):
    with pytest.raises(StructureError, match=message) as error:
        match_lattices(
            "CsPbBr3", "CdS", **{"film_miller": "100", "substrate_miller": "111", **options}
        )
    assert "\n" not in str(error.value)


def test_incommensurate_planes_say_so():
    found = match_lattices(HEXAGON, [[1, 0], [0, 1]], max_area=4, max_strain=0.001)
    assert len(found) == 0
    with pytest.raises(StructureError, match=r"no match of film and substrate up to 4 Å²"):
        _ = found.best
    with pytest.raises(InputError, match="no matches to draw"):
        plot_matches(found)


def test_the_figure_shows_every_match():
    found = match_lattices(
        "CsPbBr3", "CdS", film_miller="001", substrate_miller="111", max_area=500
    )
    figure = plot_matches(found)
    (axes,) = figure.axes
    drawn = np.concatenate([np.asarray(c.get_offsets()) for c in axes.collections[:1]])
    assert len(drawn) == len(found)
    assert drawn[:, 0] == pytest.approx(found.area)
    assert f"{len(found)} inequivalent matches" in figure.texts[0].get_text()
    area, strain = found.rejected
    wider = match_lattices(
        "CsPbBr3", "CdS", film_miller="001", substrate_miller="111", max_area=500,
        max_strain=1.8 * found.settings["max_strain"],
    )  # fmt: skip
    assert len(area) == len(wider) - len(found) > 0
    assert strain.min() > 0
    crosses = np.asarray(axes.collections[-1].get_offsets())
    assert crosses == pytest.approx(np.column_stack([area, 100 * strain]))
    assert f"{len(area)} rejected" in [t.get_text() for t in axes.get_legend().get_texts()]


def stretched(name, factors):
    """A crystal of the table with each axis made longer."""
    atoms = crystal(name)
    atoms.set_cell(atoms.cell.array * np.array(factors)[:, None], scale_atoms=True)
    return atoms


def test_a_search_over_planes_keeps_both_hands_of_a_pair_of_chiral_planes():
    film, substrate = crystal("CsPbBr3"), stretched("CsPbBr3", (1.02, 0.985, 1.01))
    found = match_lattices(film, substrate, max_miller=1, max_area=400)
    planes = {(m.film.label, m.substrate.miller, round(m.von_mises, 8)) for m in found}
    both = [
        match_lattices(film, substrate, film_miller=(1, 1, 1), substrate_miller=m, max_area=400)
        for m in ((1, 1, 1), (1, 1, -1))
    ]
    least = [round(side.best.von_mises, 8) for side in both]
    assert least[0] != least[1]
    mine = sorted(
        {v for label, m, v in planes if label == "CsPbBr3(111)" and abs(m[2]) == 1 and all(m)}
    )
    assert mine == sorted({round(m.von_mises, 8) for side in both for m in side})
    pairs = [(p.film.miller, p.substrate.miller) for p in found.pairs]
    assert sum(all(f) and all(s) for f, s in pairs) == 2  # of 64, 4 proper and 4 improper each
    assert sum(f == (1, 0, 0) and all(s) for f, s in pairs) == 1  # a mirror of (100) makes them one


def test_a_relation_holds_on_any_image_of_a_searched_plane():
    """The published pair, (100) on (2-1-1), is found where {211} is searched as (211)."""
    found = match_lattices(
        "CsPbBr3", "CdS", max_miller=2, relation="[001]f || [111]s", max_area=600
    )
    mine = [
        m
        for m in found
        if m.film.miller == (1, 0, 0) and sorted(map(abs, m.substrate.miller)) == [1, 1, 2]
    ]
    assert min(abs(m.area - 583.19) for m in mine) < 0.01


@pytest.mark.parametrize("bad", [float("nan"), -1, "x", [1], np.eye(2)])
@pytest.mark.parametrize("bound", ["max_area", "film_thickness", "relation_tolerance"])
def test_bounds_that_are_no_numbers_are_refused_in_one_line(bound, bad):
    options = {"film_miller": (0, 0, 1), "substrate_miller": (0, 0, 1), bound: bad}
    with pytest.raises(StructureError) as caught:
        match_lattices("CsPbBr3", "CdS", **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("huge", [10**30, 1e300])
def test_areas_beyond_reason_are_refused(huge):
    with pytest.raises(StructureError, match="max_area"):
        match_lattices("CsPbBr3", "CdS", max_miller=1, max_area=huge)


def test_the_strain_of_cadmium_sulfide_has_an_energy_and_a_name_makes_a_surface_cell():
    options = {"film_miller": (0, 0, 1), "substrate_miller": (0, 0, 1), "max_area": 80}
    match = match_lattices("CsPbBr3-cubic", "CdS", strained="substrate", **options)[0]
    assert match.energy > 0
    assert surface_cell("CdS", (1, 1, 1)).area == surface_cell(crystal("CdS"), (1, 1, 1)).area
