"""Terminations: layers found by chemistry, whatever the axes they are asked for in."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures import crystal, interplanar_spacing
from heterodot.structures.interfaces.layers import crossings, layer_stack
from heterodot.structures.interfaces.terminations import terminations


def names(name, miller, **options):
    return [t.name for t in terminations(name, miller, **options)]


def test_cubic_perovskite_has_two_layers_a_cell():
    found = terminations("CsPbBr3-cubic", (0, 0, 1))
    assert sorted(t.name for t in found) == ["CsBr", "PbBr2"]
    lead = next(t for t in found if t.name == "PbBr2")
    assert lead.composition == {"Pb": 1, "Br": 2}
    assert lead.thickness == pytest.approx(0.0, abs=1e-9)
    assert lead.gap_above == pytest.approx(5.874 / 2)
    assert lead.charge == 0
    assert all(t.distinct and t.mirror == t.index for t in found)


def test_rumpled_planes_of_the_orthorhombic_perovskite_stay_whole():
    found = terminations("CsPbBr3", (0, 0, 1))
    assert [t.name for t in found] == ["CsBr", "PbBr2", "CsBr", "PbBr2"]
    assert found[1].thickness == pytest.approx(2 * 0.025 * 11.759)  # z(Br) = ±0.025
    assert [t.equivalent_to for t in found] == [0, 1, 0, 1]
    assert names("CsPbBr3", (0, 0, 1), distinct=True) == ["CsBr", "PbBr2"]


def test_the_same_planes_seen_along_the_pseudo_cubic_axes():
    """(110) of Pbnm is pseudo-cubic (100): its PbBr2 plane is a whole Å thick."""
    found = terminations("CsPbBr3", (1, 1, 0))
    assert sorted(t.name for t in found) == ["CsBr", "PbBr2"]
    assert max(t.thickness for t in found) > 1.0
    pseudo_cubic_110 = {t.name for t in terminations("CsPbBr3", (1, 0, 0))}
    assert pseudo_cubic_110 == {"Br", "CsPbBr"} == set(names("CsPbBr3-cubic", (1, 1, 0)))


def test_planes_may_be_written_in_a_named_setting():
    written = terminations("CsPbBr3", "pseudo-cubic:(100)")
    assert [t.to_dict() for t in written] == [
        t.to_dict() for t in terminations("CsPbBr3", (1, 1, 0))
    ]


def test_zinc_blende_111_has_two_and_tells_the_faces_apart():
    up, down = terminations("CdS", (1, 1, 1)), terminations("CdS", (-1, -1, -1))
    assert [t.name for t in up] == ["Cd", "S"]
    cut = {t.name: (t.broken_above, t.broken_below) for t in up}
    assert cut == {"Cd": (1, 3), "S": (3, 1)}
    assert {t.name: (t.broken_above, t.broken_below) for t in down} == {"Cd": (3, 1), "S": (1, 3)}
    assert all(t.mirror is None for t in up)
    assert [t.charge for t in up] == [2, -2]


def test_zinc_blende_110_has_one_neutral_termination():
    (only,) = terminations("ZnS", (1, 1, 0))
    assert (only.name, only.charge, only.mirror) == ("ZnS", 0, 0)
    assert only.broken_above == 2


def test_anatase_101_is_one_whole_layer():
    """The TiO2 layer of d(101) ends in twofold oxygen on both sides; one bond a Ti5c is cut."""
    (only,) = terminations("TiO2-anatase", (1, 0, 1))
    assert only.name == "TiO2"
    assert only.composition == {"Ti": 2, "O": 4}
    assert only.broken_above == only.broken_below == 2
    assert only.thickness + only.gap_above == pytest.approx(
        interplanar_spacing(crystal("TiO2-anatase"), (1, 0, 1))
    )


def test_rutile_110_keeps_its_bridging_oxygen():
    found = terminations("TiO2-rutile", (1, 1, 0))
    assert [t.name for t in found] == ["TiO", "O-a", "O-b"]
    easy = min(found, key=lambda t: t.strength_above)
    assert easy.name == "O-a"
    assert easy.mirror == 2


def test_sheets_without_bonds_between_them_stay_whole():
    found = terminations("MoS2", (0, 0, 1))
    assert [t.name for t in found] == ["MoS2", "MoS2"]
    assert [t.equivalent_to for t in found] == [0, 0]
    assert found[0].broken_above == 0


def test_planes_part_what_layers_hold_together():
    found = terminations("CsPbBr3", (0, 0, 1), planes=True)
    assert sum(len(t.composition) and sum(t.composition.values()) for t in found) == 20
    assert max(t.thickness for t in found) < 0.02
    assert len(found) > len(terminations("CsPbBr3", (0, 0, 1)))
    assert names("CdS", (1, 1, 1), planes=True) == names("CdS", (1, 1, 1))


def test_a_face_says_whether_a_slab_with_it_is_polar():
    """Tasker: zinc blende (111) is of type 3 whatever its face, rutile (110) only without O."""
    assert all(abs(t.dipole_above) > 0.1 for t in terminations("CdS", (1, 1, 1)))
    polar = {t.name: abs(t.dipole_above) > 2e-3 for t in terminations("TiO2-rutile", (1, 1, 0))}
    assert polar == {"TiO": True, "O-a": False, "O-b": True}
    below = {t.name: abs(t.dipole_below) > 2e-3 for t in terminations("TiO2-rutile", (1, 1, 0))}
    assert below == {"TiO": True, "O-a": True, "O-b": False}


def test_evenly_spaced_planes_are_layers_each():
    assert names("Cu", (3, 2, 1)) == ["Cu"]
    assert names("Ag", (1, 1, 1)) == ["Ag"]


def test_diamond_111_has_the_cut_of_one_bond_and_that_of_three():
    from ase.build import bulk

    found = terminations(bulk("Si", "diamond", a=5.431), (1, 1, 1))
    assert sorted(t.broken_above for t in found) == [1, 3]


def test_planes_too_close_to_be_layers_are_refused():
    with pytest.raises(StructureError, match="give smaller indices"):
        terminations("CdS", (100, 77, 31))


def test_a_layer_is_whole_wherever_the_origin_lies():
    base = crystal("CsPbBr3")
    for shift in (0.0, 0.1, 3.0, 5.9):
        moved = base.copy()
        moved.positions += [0.3, 0.2, shift]
        moved.wrap()
        found = terminations(moved, (0, 0, 1), distinct=True)
        assert sorted(t.name for t in found) == ["CsBr", "PbBr2"]


UNIMODULAR = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(-1, 1)), min_size=1, max_size=3
)


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(["CdS", "CsPbBr3-cubic", "TiO2-rutile", "CsPbBr3", "CdS-wurtzite"]),
    miller=st.tuples(*[st.integers(-2, 2)] * 3).filter(any),
    steps=UNIMODULAR,
    flip=st.booleans(),
)
def test_terminations_do_not_depend_on_the_axes(name, miller, steps, flip):
    """The same plane of the same crystal in other, also left-handed, axes."""
    base = crystal(name)
    matrix = np.eye(3, dtype=int)
    for i, j, n in steps:
        if i != j:
            matrix[i] += n * matrix[j]
    if flip:
        matrix[0] *= -1
    other = base.copy()
    other.set_cell(matrix @ base.cell.array, scale_atoms=False)
    other.wrap()
    there = terminations(other, tuple(matrix @ np.array(miller)))
    here = terminations(base, miller)
    assert _essence(there) == _essence(here)


def _essence(found):
    """What is the same for the same cyclic order of layers."""
    rows = [
        (
            tuple(sorted(t.composition.items())),
            round(t.thickness, 4),
            round(t.gap_above, 4),
            t.charge,
            t.broken_above,
            t.broken_below,
            t.mirror is None,
            t.distinct,
        )
        for t in found
    ]
    plain = sorted(row[:-1] for row in rows)
    return plain, sum(row[-1] for row in rows)


@settings(max_examples=10, deadline=None)
@given(
    name=st.sampled_from(["CdS", "CsPbBr3-cubic", "TiO2-anatase", "MoS2", "CsPbBr3"]),
    miller=st.tuples(*[st.integers(-2, 2)] * 3).filter(any),
)
def test_layers_hold_the_crystal_once(name, miller):
    base = crystal(name)
    stack = layer_stack(base, miller)
    counts = np.bincount(stack.layer)
    assert counts.sum() == len(stack.atoms)
    volume = abs(np.linalg.det(stack.cell.lattice))
    assert len(stack.atoms) / volume == pytest.approx(len(base) / base.cell.volume)
    assert sum(t.charge for t in terminations(base, miller)) == pytest.approx(0, abs=1e-9)
    whole = stack.tops - stack.bottoms + stack.gaps
    assert whole.sum() == pytest.approx(stack.period)
    assert (stack.gaps > 0).all()
    assert (np.diff(stack.heights[np.argsort(stack.layer, kind="stable")]) > -5).all()


def test_bonds_through_a_gap_by_brute_force():
    """Count them in a large block: bonds from below a plane to above it, per area."""
    stack = layer_stack(crystal("CsPbBr3-cubic"), (1, 1, 0))
    block = stack.atoms.repeat((4, 4, 6))
    block.pbc = (True, True, False)
    heights = block.positions @ stack.cell.frame[2]
    bonds = find_bonds(block)
    for r in range(stack.n_layers):
        cut = stack.tops[r] + 0.5 * stack.gaps[r] + 3 * stack.period
        charge = block.arrays["formal_charge"]
        ends = heights[bonds.pairs] > cut
        unlike = charge[bonds.pairs].prod(axis=1) < 0
        assert ((ends[:, 0] != ends[:, 1]) & unlike).sum() == 16 * stack.crossing_bonds[r]


def test_crossings_count_repeats():
    counted = crossings(np.array([0.0]), np.array([2.5]), np.array([0.2, 0.7]), 1.0)
    assert counted.tolist() == [[3], [2]]


@pytest.mark.parametrize(
    ("miller", "words"),
    [
        ((0, 0, 0), "are no plane"),
        ((1, 1), "three integers"),
        ((1, 0.5, 0), "three integers"),
        ((1, float("nan"), 0), "three integers"),
        ("11x", "three integers"),
        ("[110]", "not a direction"),
        ("Pbnm:(110)", "Pbnm"),
        (None, "three integers"),
    ],
)
def test_impossible_planes_are_one_line(miller, words):
    with pytest.raises(StructureError, match=words) as error:
        terminations("CdS", miller)
    assert "\n" not in str(error.value)


def test_something_that_is_no_crystal():
    with pytest.raises(StructureError, match="periodic in three"):
        terminations(Atoms("Cu"), (1, 1, 1))


def test_input_is_not_changed():
    given_atoms = crystal("CdS")
    before = given_atoms.copy()
    terminations(given_atoms, (1, 1, 1))
    assert given_atoms == before
    assert given_atoms.info == before.info
