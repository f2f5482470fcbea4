"""Constraints are used or refused, never dropped."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import add_adsorbate, fcc111, molecule
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms, FixBondLength, FixCartesian, FixedPlane, FixInternals
from ase.vibrations import Vibrations as AseVibrations

from heterodot.calculators import Level
from heterodot.constraints import n_rigid_motions
from heterodot.errors import InputError, StructureError
from heterodot.structures.dots.adsorbates import starting_geometries
from heterodot.workflows import Adsorption, Hessian, Relaxation, SinglePoint, Vibrations
from heterodot.workflows.parts.candidates import prepare_site
from heterodot.workflows.parts.gates import imaginary_modes, without_adsorbate
from heterodot.workflows.tasks.computing.serialization import (
    structure_content,
    structure_from_dict,
    structure_to_dict,
)

EMT_LEVEL = Level("emt")
PARTIAL: dict[str, object] = {
    "cartesian": FixCartesian([12], [True, False, False]),
    "plane": FixedPlane(12, [0, 0, 1]),
    "bond": FixBondLength(8, 12),
}


def oxygen_on_copper(*constraints: object) -> Atoms:
    slab = fcc111("Cu", (2, 2, 3), vacuum=8)
    add_adsorbate(slab, "O", 1.2, "fcc")
    slab.set_constraint([*constraints])
    return slab


def test_fixed_atoms_do_not_vibrate(serial, tmp_path, monkeypatch):
    slab = oxygen_on_copper(FixAtoms(range(12)))
    result = Vibrations(slab, EMT_LEVEL).run(serial)
    assert result.indices == (12,)
    # ASE's own vibrations of the one free atom, at the same geometry and displacement
    monkeypatch.chdir(tmp_path)
    reference = result.structure.copy()
    reference.calc = EMT()
    by_ase = AseVibrations(reference, indices=[12], delta=0.01)
    by_ase.run()
    expected = np.sort(by_ase.get_frequencies().real)
    np.testing.assert_allclose(result.frequencies, expected, atol=0.5)
    np.testing.assert_allclose(result.frequencies, [90, 90, 407], atol=1.0)
    assert result.flags == ()  # nobody asked for the modes of an adsorbate
    asked = Vibrations(slab, EMT_LEVEL, indices="adsorbate").run(serial)
    assert [flag.name for flag in asked.flags] == ["adsorbate-guessed"]


def test_translations_are_no_imaginary_modes(serial):
    """A free slab: three frequencies about 0, some of them below; it is a minimum all the same."""
    assert imaginary_modes(np.array([-40.0, -0.4, -0.1, 0.2, 90.0]), 3).tolist() == [-40.0]
    assert len(imaginary_modes(np.array([-40.0, -0.4, -0.1, 0.2, 90.0]), 0)) == 3
    slab = fcc111("Cu", (2, 2, 2), vacuum=8.0)
    result = Vibrations(slab, EMT_LEVEL, fmax=0.001).run(serial)
    assert np.abs(result.frequencies).min() < 1.0
    assert result.n_external == 3
    assert result.values()["imaginary"] == 0
    assert result.flags == ()


def test_the_key_of_vibrations_with_fixed_atoms_is_another():
    """What was stored with every atom displaced must miss; without fixed atoms it must not."""
    held = Hessian(oxygen_on_copper(FixAtoms(range(12))), EMT_LEVEL)
    assert held.settings()["indices"] == [12]
    free = Hessian(oxygen_on_copper(), EMT_LEVEL)
    assert free.settings()["indices"] == list(range(13))
    # as the commit before this rule computed it
    assert free.key.startswith("674a14b02a7abb75")


def test_moments_that_set_the_spin_make_another_key():
    """Results of before were of the lowest spin; without such moments nothing changes."""
    bare = Atoms("O2", [[0, 0, 0], [0, 0, 1.21]])
    told = bare.copy()
    told.set_initial_magnetic_moments([1, 1])
    assert structure_content(told)["spin_of_moments"] == 2
    for moments in ([0, 0], [0.3, 0.1]):
        told.set_initial_magnetic_moments(moments)
        assert "spin_of_moments" not in structure_content(told)
    radical = Atoms("OH", [[0, 0, 0], [0, 0, 0.97]], magmoms=[1, 0])
    assert "spin_of_moments" not in structure_content(radical)  # was a doublet before


@pytest.mark.parametrize(
    ("constraint", "indices", "message"),
    [
        (FixAtoms(range(13)), (), "all 13 atoms are held"),
        (FixAtoms(range(12)), (3, 12), r"indices \[3\]: held by FixAtoms"),
        (PARTIAL["cartesian"], (), "vibrations under FixCartesian"),
        (PARTIAL["bond"], (), "vibrations under FixBondLengths"),
    ],
)
def test_vibrations_refuse_what_they_cannot_hold(constraint, indices, message):
    with pytest.raises(InputError, match=message):
        Vibrations(oxygen_on_copper(constraint), EMT_LEVEL, indices)


@pytest.mark.parametrize("name", sorted(PARTIAL))
def test_a_relaxation_honours_partial_constraints(name, serial):
    slab = oxygen_on_copper()
    slab.rattle(0.05, seed=1)
    slab.set_constraint([FixAtoms(range(4)), PARTIAL[name]])
    result = Relaxation(slab, EMT_LEVEL).run(serial)
    moved = result.structure.positions - slab.positions
    assert np.abs(moved[:4]).max() == 0.0
    assert np.abs(moved[12]).max() > 0.005
    if name == "cartesian":
        assert moved[12, 0] == pytest.approx(0.0, abs=1e-9)
    elif name == "plane":
        assert moved[12, 2] == pytest.approx(0.0, abs=1e-9)
    else:
        kept = result.structure.get_distance(8, 12)
        assert kept == pytest.approx(slab.get_distance(8, 12), abs=1e-6)
    assert not [flag for flag in result.flags if flag.name == "forces"]


def test_a_worker_gets_the_constraints_and_the_key_knows_them():
    slab = oxygen_on_copper(FixAtoms([0]), *PARTIAL.values())
    again = structure_from_dict(structure_to_dict(slab))
    assert [c.todict() for c in again.constraints[:1]] == [slab.constraints[0].todict()]
    assert [type(c) for c in again.constraints] == [type(c) for c in slab.constraints]
    keys = {SinglePoint(oxygen_on_copper(c), EMT_LEVEL).key for c in PARTIAL.values()}
    assert len(keys) == 3


def test_other_constraints_are_refused_before_anything_runs():
    water = molecule("H2O")
    water.set_constraint(FixInternals(bonds=[[0.96, [0, 1]]]))
    with pytest.raises(StructureError, match=r"constraint FixInternals: expected one of FixAtoms"):
        Level("gfn1-xtb").check(water)
    with pytest.raises(StructureError, match="FixInternals"):
        SinglePoint(water, Level("gfn1-xtb")).key  # noqa: B018


@pytest.mark.parametrize("partial", [FixCartesian([5], [1, 0, 0]), FixBondLength(5, 6)])
def test_constraints_survive_the_adsorbate_and_its_removal(partial):
    slab = fcc111("Cu", (2, 2, 3), vacuum=8)
    slab.set_constraint([FixAtoms(range(4)), partial])
    start = starting_geometries(slab, 11, "CO", 1)[0]
    for atoms in (start, without_adsorbate(start), prepare_site(slab, 11, 3.0)):
        fixed, other = atoms.constraints
        assert set(range(4)) <= set(fixed.get_indices().tolist())
        assert type(other) is type(partial)


def test_adsorption_holds_what_is_held(serial):
    slab = fcc111("Cu", (2, 2, 3), vacuum=8)
    slab.set_constraint(FixAtoms(range(8)))
    result = Adsorption(slab, "CO", 11, EMT_LEVEL, n_starts=1, steps=5).run(serial)
    for relaxed in (result.clean, result.structure):
        np.testing.assert_array_equal(relaxed.positions[:8], slab.positions[:8])


@pytest.mark.parametrize(("held", "expected"), [([], 6), ([0], 3), ([0, 1], 1), ([0, 1, 2], 0)])
def test_rigid_motions_left(held, expected):
    water = molecule("H2O")
    water.set_constraint(FixAtoms(held))
    assert n_rigid_motions(water) == expected
