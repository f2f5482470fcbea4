"""Elastic tensors: averages against pymatgen's, symmetry against the textbook, Born's criteria."""

import numpy as np
import pytest
from ase.cell import Cell
from ase.spacegroup import Spacegroup

from heterodot.analysis import Stiffness, plot_stiffness
from heterodot.analysis.elasticity.strains import (
    energy_patterns,
    fit_to_energies,
    fit_to_stresses,
    invariant_basis,
    opposite,
    rotated,
    stress_patterns,
)
from heterodot.errors import InputError


def cubic(c11: float, c12: float, c44: float) -> np.ndarray:
    matrix = np.diag([c11 - c12] * 3 + [c44] * 3)
    matrix[:3, :3] += c12
    return matrix


COPPER = cubic(168.4, 121.4, 75.4)

# space group, cell, independent constants (J. F. Nye, Physical Properties of Crystals, 1957)
GROUPS = [
    (225, (4, 4, 4, 90, 90, 90), 3),
    (216, (4, 4, 4, 90, 90, 90), 3),
    (186, (4, 4, 6, 90, 90, 120), 5),
    (166, (4, 4, 9, 90, 90, 120), 6),
    (147, (4, 4, 9, 90, 90, 120), 7),
    (122, (4, 4, 6, 90, 90, 90), 6),
    (88, (4, 4, 6, 90, 90, 90), 7),
    (62, (4, 5, 6, 90, 90, 90), 9),
    (14, (4, 5, 6, 90, 100, 90), 13),
    (2, (4, 5, 6, 80, 85, 95), 21),
]


def operations(number: int, cellpar: tuple) -> np.ndarray:
    lattice = Cell.fromcellpar(cellpar).array.T
    turns = np.unique(Spacegroup(number).get_op()[0], axis=0)
    return lattice @ turns @ np.linalg.inv(lattice)


@pytest.mark.parametrize(("number", "cellpar", "count"), GROUPS)
def test_strains_of_a_point_group_give_its_constants(number, cellpar, count):
    turns = operations(number, cellpar)
    basis = invariant_basis(turns)
    assert len(basis) == count
    rng = np.random.default_rng(number)
    tensor = np.einsum("p,pij->ij", rng.normal(size=count), basis)
    for turn in turns:
        np.testing.assert_allclose(rotated(tensor, turn), tensor, atol=1e-9)
    patterns = stress_patterns(basis)
    found, residual = fit_to_stresses(basis, patterns, patterns @ tensor)
    np.testing.assert_allclose(found, tensor, atol=1e-9)
    assert residual < 1e-9
    patterns = energy_patterns(basis)
    curved = np.einsum("ki,ij,kj->k", patterns, tensor, patterns)
    np.testing.assert_allclose(fit_to_energies(basis, patterns, curved)[0], tensor, atol=1e-9)


def test_cubic_crystals_need_two_strains_and_one_of_them_one_way():
    turns = operations(216, (4, 4, 4, 90, 90, 90))
    patterns = stress_patterns(invariant_basis(turns))
    assert patterns.nonzero()[1].tolist() == [0, 3]
    assert [opposite(pattern, turns) is not None for pattern in patterns] == [False, True]


def test_averages_and_directions_are_those_of_pymatgen():
    pytest.importorskip("pymatgen.analysis.elasticity")
    from pymatgen.analysis.elasticity import ElasticTensor

    rng = np.random.default_rng(3)
    root = rng.normal(size=(6, 6))
    for matrix in (COPPER, root @ root.T * 20 + 30 * np.eye(6)):
        ours, theirs = Stiffness(matrix), ElasticTensor.from_voigt(matrix)
        expected = [theirs.k_voigt, theirs.k_reuss, theirs.g_voigt, theirs.g_reuss]
        assert [ours.bulk_voigt, ours.bulk_reuss, ours.shear_voigt, ours.shear_reuss] == (
            pytest.approx(expected)
        )
        averages = [theirs.k_vrh, theirs.g_vrh, theirs.y_mod / 1e9, theirs.homogeneous_poisson]
        assert [ours.bulk, ours.shear, ours.young, ours.poisson] == pytest.approx(averages)
        assert ours.anisotropy == pytest.approx(theirs.universal_anisotropy)
        along = rng.normal(size=3)
        along /= np.linalg.norm(along)
        slope = theirs.compliance_tensor.einsum_sequence([along] * 4)
        assert ours.young_along(along[None])[0] == pytest.approx(1 / slope)


def test_born_says_what_is_not_stable():
    assert Stiffness(COPPER).is_stable
    soft = Stiffness(cubic(100.0, 110.0, 40.0))
    assert not soft.is_stable
    assert soft.criteria["C11 − C12"] == pytest.approx(-10)
    assert Stiffness(cubic(100.0, 50.0, -1.0)).eigenvalues.min() == pytest.approx(-2)
    with pytest.raises(InputError, match="expected tensors that are stable"):
        plot_stiffness({"soft": soft})
    for wrong in (np.eye(3), np.triu(np.ones((6, 6)))):
        with pytest.raises(InputError):
            Stiffness(wrong)


def test_one_curve_for_planes_that_are_alike():
    (axes,) = plot_stiffness({"Cu": Stiffness(COPPER)}).axes
    assert [line.get_label() for line in axes.lines] == ["xy, xz, yz"]
    # E along <100> by hand: 1/S11 = (C11 − C12)(C11 + 2 C12)/(C11 + C12)
    assert axes.lines[0].get_ydata()[0] == pytest.approx(47.0 * 411.2 / 289.8)
