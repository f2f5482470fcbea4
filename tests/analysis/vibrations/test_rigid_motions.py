"""Translations and rotations projected out of second derivatives."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc100, molecule
from ase.constraints import FixAtoms

from heterodot.analysis.vibrations.rigid_motions import project_out, rigid_motions
from heterodot.calculators import Level
from heterodot.workflows import Runner, Vibrations


@pytest.mark.parametrize(
    ("atoms", "held", "count"),
    [
        (molecule("H2O"), [], 6),
        (molecule("CO2"), [], 5),
        (Atoms("Ar"), [], 3),
        (bulk("Cu", cubic=True), [], 3),
        (fcc100("Cu", (1, 1, 2), vacuum=5, periodic=True), [], 3),
        (Atoms("Cu3", [(0, 0, 0), (1, 0, 2.5), (0, 1, 5)], cell=(9, 9, 7.5), pbc=(0, 0, 1)), [], 4),
        (molecule("C2H6"), [0], 3),  # rotations about one atom
        (molecule("C2H6"), [0, 1], 1),  # about a line
        (molecule("C2H6"), [0, 1, 2], 0),
        (bulk("Cu", cubic=True), [0], 0),
    ],
)
def test_how_many_there_are(atoms, held, count):
    moving = [i for i in range(len(atoms)) if i not in held]
    found = rigid_motions(atoms, moving)
    assert found.shape == (count, 3 * len(moving))
    assert found @ found.T == pytest.approx(np.eye(count), abs=1e-10)


def test_a_molecule_bent_by_noise_is_linear():
    """CO2 as a relaxation leaves it: no bend is taken for a rotation about the axis."""
    atoms = molecule("CO2")
    atoms.positions[0, 0] += 0.003
    assert len(rigid_motions(atoms)) == 5
    atoms.positions[0, 0] += 0.2
    assert len(rigid_motions(atoms)) == 6


def springs(atoms, k=10.0):
    """Second derivatives of springs between all pairs: rigid motions cost nothing."""
    n = len(atoms)
    hessian = np.zeros((n, 3, n, 3))
    for i in range(n):
        for j in range(n):
            if i != j:
                u = atoms.positions[j] - atoms.positions[i]
                u /= np.linalg.norm(u)
                hessian[i, :, j] -= k * np.outer(u, u)
                hessian[i, :, i] += k * np.outer(u, u)
    return hessian.reshape(3 * n, 3 * n)


def test_vibrations_of_springs_stay_and_noise_goes():
    """Of CH4 nine vibrations; noise that turns translations imaginary is told and taken out."""
    atoms = molecule("CH4")
    exact = springs(atoms)
    clean = project_out(atoms, exact)
    assert clean.n_external == 6
    assert abs(clean.residual) < 1e-3
    assert (clean.frequencies == 0).sum() == 6
    from ase.vibrations import VibrationsData

    theirs = np.sort(VibrationsData.from_2d(atoms, exact).get_frequencies().real)[6:]
    assert clean.frequencies[6:] == pytest.approx(theirs, rel=1e-6)
    motions = rigid_motions(atoms) * np.sqrt(np.repeat(atoms.get_masses(), 3))
    noisy = project_out(atoms, exact - 0.001 * motions.T @ motions)
    assert noisy.residual < -5
    assert noisy.frequencies == pytest.approx(clean.frequencies, abs=1e-6)


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    return Runner(tmp_path_factory.mktemp("rigid") / "store", executor="serial")


def test_a_crystal_has_no_acoustic_imaginary_modes(runner):
    """Γ of a cell of four copper atoms: nine modes, those of X of the primitive cell."""
    found = Vibrations(bulk("Cu", a=3.59, cubic=True), Level("emt")).run(runner)
    assert found.n_external == 3
    assert len(found.vibrations) == 9
    assert "0i" not in found.headline()
    assert not found.flags
    assert found.quantities()["imaginary"].value == 0
    # X of copper by EMT, twice transversal, once longitudinal, at three X
    assert found.vibrations[:6] == pytest.approx(found.vibrations[0], abs=0.5)
    assert found.vibrations[6:] == pytest.approx(found.vibrations[8], abs=0.5)
    assert found.thermodynamics.n_modes == 9


def test_thermodynamics_of_water(runner):
    """Zero-point energy of three modes, half their sum; F falls with T."""
    found = Vibrations(molecule("H2O"), Level("gfn1-xtb"), fmax=0.005).run(runner)
    heat = found.thermodynamics
    assert heat.n_modes == 3
    assert heat.zero_point == pytest.approx(found.vibrations.sum() / 2 / 8065.544, rel=1e-5)
    assert found.values()["zero-point energy (eV)"] == heat.zero_point
    assert heat.at(298.15)["F"] < heat.zero_point
    assert "Fvib(298.15 K) (eV)" in found.values()
    assert "thermodynamics.csv" in found.files()


def test_held_atoms_leave_what_they_leave(runner):
    atoms = bulk("Cu", a=3.59, cubic=True)
    atoms.set_constraint(FixAtoms([0]))
    found = Vibrations(atoms, Level("emt"), relax=False).run(runner)
    assert found.n_external == 0
    assert len(found.frequencies) == 9
