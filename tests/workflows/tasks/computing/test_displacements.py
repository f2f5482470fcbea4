"""What symmetry makes equal is calculated once, and comes out as if it had been calculated."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule as g2

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.structures.crystals.symmetry import isometries
from heterodot.workflows.tasks.computing import finite_differences
from heterodot.workflows.tasks.computing.displacements import DisplacementPlan, displacement_plan
from heterodot.workflows.tasks.computing.optimization import relax

GFN1 = Level("gfn1-xtb")


def turned(name: str, seed: int = 3) -> Atoms:
    """A molecule in an orientation that nothing is aligned with."""
    atoms = g2(name)
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    atoms.positions = atoms.positions @ rotation.T
    return atoms


@pytest.mark.parametrize(
    ("name", "order"),
    [("CO2", 16), ("HCN", 8), ("H2O", 4), ("NH3", 6), ("CH4", 24), ("C6H6", 24), ("CH3OH", 2)],
)
def test_operations_of_molecules(name, order):
    """Of a linear molecule, the finite group that stands for its own: D4h and C4v."""
    atoms = turned(name)
    found = isometries(atoms, 0.01)
    assert len(found) == order
    x = atoms.positions - atoms.positions.mean(axis=0)
    for operation in found:
        np.testing.assert_allclose(operation.rotation @ operation.rotation.T, np.eye(3), atol=1e-9)
        image = x[operation.permutation]
        np.testing.assert_allclose(x @ operation.rotation.T, image, atol=0.01)
    np.testing.assert_allclose(found[0].rotation, np.eye(3), atol=1e-9)
    matrices = {tuple(np.round(o.rotation.ravel(), 2) + 0.0) for o in found}
    assert len(matrices) == order


def springs(atoms: Atoms) -> np.ndarray:
    """Second derivatives of springs between all pairs, softer with distance: all its symmetry."""
    n = len(atoms)
    found = np.zeros((n, 3, n, 3))
    for i, j in product(range(n), repeat=2):
        if i != j:
            bond = atoms.positions[j] - atoms.positions[i]
            length = np.linalg.norm(bond)
            block = np.exp(-length) * np.outer(bond, bond) / length**2 + 0.1 * np.eye(3)
            found[i, :, j] -= block
            found[i, :, i] += block
    return found.reshape(3 * n, 3 * n)


def pulls(atoms: Atoms) -> np.ndarray:
    """Gradient of those springs: the part across a bond is that of a stretched one."""
    x = atoms.positions
    return 0.1 * (len(x) * x - x.sum(axis=0))


def slopes(plan: DisplacementPlan, exact: np.ndarray) -> list[np.ndarray]:
    n = len(plan.indices)
    blocks = exact.reshape(n, 3, n, 3)
    places = {int(atom): place for place, atom in enumerate(plan.indices)}
    return [np.einsum("x,xjy->jy", d.direction, blocks[places[d.atom]]) for d in plan.displacements]


@pytest.mark.parametrize(
    ("name", "geometries"),
    [("H2", 2), ("CO2", 3), ("H2O", 6), ("CH4", 3), ("C6H6", 4), ("HCN", 6), ("CH3OH", 22)],
)
def test_few_displacements_give_all_derivatives(name, geometries):
    atoms = turned(name)
    exact = springs(atoms)
    plan = displacement_plan(atoms, range(len(atoms)))
    assert plan.n_geometries == geometries < 6 * len(atoms)
    found = plan.force_derivatives(slopes(plan, exact), pulls(atoms))
    np.testing.assert_allclose(found, exact, atol=2e-3)


@pytest.mark.parametrize(
    ("name", "geometries"),
    [("H2", 2), ("CO2", 2), ("H2O", 4), ("CH4", 3), ("C6H6", 4), ("HCN", 4), ("CO", 2)],
)
def test_rigid_motions_make_up_for_atoms_of_small_molecules(name, geometries):
    atoms = turned(name)
    exact = springs(atoms)
    plan = displacement_plan(atoms, range(len(atoms)), use_motions=True)
    assert plan.n_geometries == geometries
    found = plan.force_derivatives(slopes(plan, exact), pulls(atoms))
    np.testing.assert_allclose(found, exact, atol=4e-3)


def test_nothing_is_left_out_of_what_is_held_or_periodic():
    atoms = turned("CO2")
    assert not displacement_plan(atoms, [0, 1], use_motions=True).motions
    periodic = Atoms("Cu2", [[0, 0, 0], [1.8, 1.8, 0]], cell=[3.6] * 3, pbc=1)
    assert displacement_plan(periodic, [0, 1], use_motions=True).n_geometries == 12


def test_only_operations_that_keep_the_chosen_atoms_are_used():
    atoms = turned("CO2")
    exact = springs(atoms)
    plan = displacement_plan(atoms, [0, 1])  # C and one O: the ends are not exchanged
    assert {d.atom for d in plan.displacements} == {0, 1}
    found = plan.force_derivatives(slopes(plan, exact[:6, :6]), pulls(atoms)[:2])
    np.testing.assert_allclose(found, exact[:6, :6], atol=2e-3)


def test_without_symmetry_x_y_and_z_of_each_atom():
    for plan in (
        displacement_plan(turned("CO2"), [2, 0], use_symmetry=False),
        displacement_plan(Atoms("Cu2", [[0, 0, 0], [1.8, 1.8, 0]], cell=[3.6] * 3, pbc=1), [1, 0]),
    ):
        np.testing.assert_array_equal(plan.indices, [d.atom for d in plan.displacements[::3]])
        np.testing.assert_array_equal([d.direction for d in plan.displacements[:3]], np.eye(3))
        assert plan.n_geometries == 12


@pytest.mark.parametrize("name", ["CO2", "H2O", "CH4"])
def test_the_same_hessian_and_dipole_derivatives_as_by_moving_everything(
    name, tmp_path, monkeypatch
):
    atoms = turned(name)
    atoms.positions = relax(atoms, GFN1, tmp_path / "relax", 0.005, 200, "auto")["positions"]
    found = []
    for use in (True, False):
        monkeypatch.setattr(
            finite_differences,
            "displacement_plan",
            lambda a, i, use_symmetry, use_motions, use=use: displacement_plan(
                a, i, use_symmetry=use, use_motions=use and use_motions
            ),
        )
        folder = tmp_path / str(use)
        own = tuple(range(len(atoms)))
        found.append(finite_differences.hessian(atoms, GFN1, folder, own, 0.01))
    few, all_of_them = found
    assert few["cost"]["n_forces"] < all_of_them["cost"]["n_forces"] == 6 * len(atoms) + 1
    noise = 4 * all_of_them["asymmetry"]
    np.testing.assert_allclose(few["hessian"], all_of_them["hessian"], atol=noise)
    np.testing.assert_allclose(
        few["dipole_derivatives"], all_of_them["dipole_derivatives"], atol=0.01
    )


def test_an_ion_turns_only_the_change_of_its_dipole(tmp_path):
    """The dipole of H3O+ depends on the origin: rotated as a whole it would be wrong."""
    atoms = turned("NH3")
    atoms.numbers[0] = 8
    atoms.positions += [5.0, -3.0, 2.0]
    atoms = provenance.with_charge(atoms, 1)
    own = tuple(range(4))
    found = finite_differences.hessian(atoms, GFN1, tmp_path, own, 0.01)
    assert found["cost"]["n_forces"] < 25
    total = found["dipole_derivatives"].reshape(4, 3, 3).sum(axis=0)
    np.testing.assert_allclose(total, np.eye(3), atol=0.02)  # one charge moved as a whole


def test_open_shells_are_moved_along_every_coordinate(tmp_path):
    found = finite_differences.hessian(g2("NO"), GFN1, tmp_path, (0,), 0.01)
    assert found["cost"]["n_forces"] == 7


def test_two_geometries_do_for_two_atoms(tmp_path):
    """Away from the minimum as well: the forces turn with what is turned as a whole."""
    atoms = g2("NO")  # along z
    atoms.positions[1] *= 1.05
    few = finite_differences.hessian(atoms, GFN1, tmp_path / "both", (0, 1), 0.01)
    one = finite_differences.hessian(atoms, GFN1, tmp_path / "one", (0,), 0.01)
    assert (few["cost"]["n_forces"], few["fmax"] > 1) == (3, True)
    np.testing.assert_allclose(few["hessian"][:3, :3], one["hessian"], atol=0.03)
    ion = provenance.with_charge(g2("CO"), 2)  # its dipole depends on the origin
    found = finite_differences.hessian(ion, GFN1, tmp_path / "ion", (0, 1), 0.01)
    assert found["cost"]["n_forces"] == 5
