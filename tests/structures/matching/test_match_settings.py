"""Settings of Miller indices and orientation relations; the relations of a published interface.

The interface is the CsPbBr3/CdS Janus particle of Adv. Sci. 2023, 2206560.
"""

import numpy as np
import pytest

from heterodot.errors import StructureError
from heterodot.structures import compare_planes, crystal, match_lattices
from heterodot.structures.matching import parse_relation
from heterodot.structures.matching.settings import (
    in_settings,
    parse_indices,
    setting_matrix,
    to_crystal,
)


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("(2-1-1)", "plane", (2, -1, -1)),
        ("2-1-1", "plane", (2, -1, -1)),
        ("[2, -1, 10]", "direction", (2, -1, 10)),
        ("{220}", "plane family", (2, 2, 0)),
        ("<1 1 -2>", "direction family", (1, 1, -2)),
        ("(1-102)", "plane", (1, -1, 2)),
        ("[2-1-10]", "direction", (3, 0, 0)),
        ("(21\u03051\u0305)", "plane", (2, -1, -1)),
        ((1, 0, 2), "plane", (1, 0, 2)),
    ],
)
def test_indices_are_read(text, kind, values):
    indices = parse_indices(text)
    assert (indices.kind, indices.values) == (kind, values)


@pytest.mark.parametrize(
    "text", ["(12)", "(000)", "(1 a 0)", "(110", "", (1, 2), (1.0, 0, 0), None]
)
def test_what_are_no_indices_is_refused(text):
    with pytest.raises(StructureError):
        parse_indices(text)


def test_settings_of_the_orthorhombic_perovskite():
    bulk = crystal("CsPbBr3")
    lengths = {s: np.linalg.norm(setting_matrix(bulk, s) @ bulk.cell.array, axis=1)
               for s in ("Pbnm", "Pnma", "pseudo-cubic")}  # fmt: skip
    assert lengths["Pbnm"] == pytest.approx([8.207, 8.255, 11.759])
    assert lengths["Pnma"] == pytest.approx([8.255, 11.759, 8.207])
    assert lengths["pseudo-cubic"] == pytest.approx([5.820, 5.820, 5.880], abs=1e-3)
    for setting in lengths:
        assert np.linalg.det(setting_matrix(bulk, setting)) > 0
    plane = parse_indices("pseudo-cubic:(220)")
    assert to_crystal(plane, setting_matrix(bulk, plane.setting)) == (0, 1, 0)
    assert {k: v.values for k, v in in_settings(bulk, (1, 0, 0)).items()} == {
        "Pbnm": (1, 0, 0), "Pnma": (0, 0, 1), "pseudo-cubic": (1, -1, 0),
    }  # fmt: skip


def test_settings_follow_the_crystal_however_it_is_given():
    """The same crystal in Pnma axes: its named settings have the same axes in space."""
    pbnm = crystal("CsPbBr3")
    pnma = pbnm.copy()
    pnma.set_cell(pbnm.cell.array[[1, 2, 0]])
    pnma.set_scaled_positions(pbnm.get_scaled_positions()[:, [1, 2, 0]])
    for setting in ("Pbnm", "Pnma", "pseudo-cubic"):
        one, two = (setting_matrix(c, setting) @ c.cell.array for c in (pbnm, pnma))
        assert np.linalg.norm(one, axis=1) == pytest.approx(np.linalg.norm(two, axis=1))
    assert setting_matrix(pbnm, [["1/2", 0, 0], [0, 1, 0], [0, 0, 1]])[0, 0] == 0.5
    with pytest.raises(StructureError, match="space group 62"):
        setting_matrix(crystal("CuInS2"), "Pnma")
    with pytest.raises(StructureError, match="singular"):
        setting_matrix(pbnm, [[1, 0, 0], [1, 0, 0], [0, 0, 1]])


def test_relations_are_read_in_any_order_and_by_any_name():
    film, substrate = crystal("CsPbBr3"), crystal("CdS")
    reference = parse_relation("[001]f || [111]s, (100)f || (2-1-1)s", film, substrate)
    for text in (
        "[111]s ∥ [001]f; (100)f // (2-1-1)s",
        "[001]film || [111]substrate and (100)CsPbBr3 || (2-1-1)CdS",
        "[001] parallel to [111], (100) || (2 -1 -1)",
    ):
        for one, two in zip(reference, parse_relation(text, film, substrate), strict=True):
            assert (one.film, one.substrate, one.plane) == (two.film, two.substrate, two.plane)
    for bad in ("[001]f [111]s", "(100)f || [111]s", "[1]f || [111]s", "[001]f || [111]f", "x"):
        with pytest.raises(StructureError):
            parse_relation(bad, film, substrate)
    with pytest.raises(StructureError, match=r"^relation '1,,2': '1': expected two sets"):
        parse_relation("1,,2", film, substrate)


@pytest.mark.parametrize(("plane", "short"), [("(100)", 8.255), ("(010)", 8.207)])
def test_the_published_relation_is_found(plane, short):
    """6 × 11.759 Å on 7 × 10.101 Å (+0.22 %), 8.255 Å on 2 × 4.124 Å (-0.09 %): 582.4 Å²."""
    found = match_lattices(
        "CsPbBr3", "CdS", relation=f"{plane}f || (2-1-1)s, [001]f || [111]s", max_area=600
    )
    best = found.best
    film = best.film_transform @ best.film.in_plane
    assert np.linalg.norm(film, axis=1) == pytest.approx([short, 6 * 11.759])
    assert np.linalg.det(film) == pytest.approx(short * 6 * 11.759)
    strains = [2 * 5.832 / np.sqrt(2) / short - 1, 7 * 5.832 * np.sqrt(3) / (6 * 11.759) - 1]
    assert sorted(best.principal) == pytest.approx(sorted(strains))
    if short == 8.255:
        assert np.round(sorted(best.principal), 4).tolist() == [-0.0009, 0.0022]
        assert np.linalg.det(film) == pytest.approx(582.4, abs=0.1)


def test_the_other_reading_220_on_220():
    planes = compare_planes("CsPbBr3", "pseudo-cubic:{220}", "CdS", "{220}")
    assert max(abs(p.mismatch) for p in planes) < 0.01
    assert planes[0].film_spacing == pytest.approx(2.061, abs=0.005)
    assert planes[0].substrate_spacing == pytest.approx(5.832 / np.sqrt(8))
    best = match_lattices(
        "CsPbBr3", "CdS", relation="pseudo-cubic:(220)f || (220)s", max_area=400
    ).best
    assert max(map(abs, best.principal)) < 0.01
    assert best.film.miller == (0, 1, 0)
    assert best.substrate.miller == (1, 1, 0)


def test_zinc_sulfide_does_not_reach_the_published_mismatch():
    """Published: 4.2 % for CsPbBr3/ZnS; the {220} spacings of the two crystals differ by 7-8 %."""
    mismatch = [p.mismatch for p in compare_planes("CsPbBr3", "pseudo-cubic:{220}", "ZnS", "{220}")]
    assert 0.07 < min(mismatch) < max(mismatch) < 0.082


def test_planes_to_compare_are_miller_and_the_old_name_still_works():
    new = compare_planes("CdS", film_miller="(220)", substrate="ZnS", substrate_miller="(220)")
    with pytest.warns(DeprecationWarning, match="film_plane is now film_miller"):
        old = compare_planes("CdS", film_plane="(220)", substrate="ZnS", substrate_miller="(220)")
    assert new == old == compare_planes("CdS", "(220)", "ZnS", "(220)")
    with pytest.raises(StructureError, match="film_miller: given nothing"):
        compare_planes("CdS", substrate="ZnS", substrate_miller="(220)")
    with pytest.raises(StructureError, match="its old name"):
        compare_planes("CdS", "(220)", "ZnS", "(220)", film_plane="(220)")


def test_families_and_specific_directions_together():
    """Any {211} with [111] in it will do: the plane listed stands for its equivalents."""
    options = {"max_area": 600}
    one = match_lattices("CsPbBr3", "CdS", relation="{100}f || {211}s, [001]f || [111]s", **options)
    two = match_lattices(
        "CsPbBr3", "CdS", relation="(100)f || (2-1-1)s, [001]f || [111]s", **options
    )
    assert [round(m.area, 6) for m in one] == [round(m.area, 6) for m in two]
    assert one.best.principal == pytest.approx(two.best.principal)


def test_a_relation_holds_in_space():
    """Turned as the match says, film and substrate have the stated directions parallel."""
    found = match_lattices(
        "CsPbBr3", "CdS", relation="(010)f || (2-1-1)s, [001]f || [111]s", max_area=600
    )
    for match in found:
        angle = np.radians(match.twist)
        turn = np.array(
            [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
        )
        film, substrate = match.film.frame, match.substrate.frame
        place = substrate.T @ turn @ film  # film's Cartesian frame to the substrate's
        assert np.linalg.det(place) == pytest.approx(1)
        assert place @ [0, 1, 0] == pytest.approx(np.array([2, -1, -1]) / np.sqrt(6))
        assert abs(place @ [0, 0, 1] @ np.array([1, 1, 1]) / np.sqrt(3)) == pytest.approx(1)
