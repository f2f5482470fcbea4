"""A halide's defects by charge: what is refused, the arithmetic by hand, and once for real."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from heterodot.calculators import Level
from heterodot.data.electronic_structure import ElectronicStructure, Projections
from heterodot.errors import InputError
from heterodot.structures import crystal
from heterodot.structures.paths.halides import vacant
from heterodot.workflows import HalideDefects
from heterodot.workflows.questions.paths.defects import deep_level, furthest_anion
from heterodot.workflows.tasks.results import RelaxResult


def test_what_cannot_be_is_one_line():
    with pytest.raises(InputError, match=r"it knows no charge of a defect; ask for charges: \[0\]"):
        HalideDefects(crystal("ZnS"), Level("lj"))
    with pytest.raises(
        InputError, match=r"dielectric 0\.5: expected a static constant of 1 or more"
    ):
        HalideDefects(crystal("ZnS"), Level("gfn1-xtb"), dielectric=0.5)
    with pytest.raises(InputError, match="expected some of interstitial"):
        HalideDefects(crystal("ZnS"), Level("lj"), defects=("pair",), charges=(0,))


def test_the_anion_furthest_from_a_defect_is_found_in_the_crystal():
    host = crystal("ZnS").repeat((2, 2, 2))
    atoms = vacant(host)
    atoms.positions += 0.05
    gone = host.positions[np.flatnonzero(host.symbols == "S")[0]]
    far, own = furthest_anion(host, atoms, gone)
    assert host.symbols[own] == atoms.symbols[far] == "S"
    assert np.linalg.norm(host.positions[own] - atoms.positions[far]) < 0.1
    apart = host.get_distances(own, np.flatnonzero(host.symbols == "S")[:1], mic=True)
    assert apart[0] == pytest.approx(5.409 * np.sqrt(3), abs=1e-3)  # (½, ½, ½)


def states(shift, numbers):
    """Two s levels of each atom, at −12 and −1 eV, all shifted."""
    n = len(numbers)
    energies = np.array([[-12.0] * n + [-1.0] * n + [2.0] * n])[None] + shift
    occupations = np.array([[2.0] * 2 * n + [0.0] * n])[None]
    weights = np.concatenate([np.eye(n), np.eye(n), 0 * np.eye(n)])[None, None]
    shares = Projections("Mulliken", weights, np.arange(n), np.zeros(n, int))
    return ElectronicStructure(
        np.asarray(numbers), energies, np.ones(1), occupations, shift, 4.0 * n,
        projections={"Mulliken": shares}, periodic=True,
    )  # fmt: skip


class Charged:
    """A runner: energies by charge, potentials of charged cells raised by 0.1 q."""

    def run(self, task):
        return self.gather([task])[0]

    def gather(self, tasks):
        from heterodot import provenance

        found = []
        for task in tasks:
            atoms, charge = task.atoms, provenance.total_charge(task.atoms)
            energy = -2.0 * len(atoms) - 3.0 * charge
            if task.kind == "orbitals":
                found.append(
                    SimpleNamespace(electronic_structure=states(0.1 * charge, atoms.numbers))
                )
            elif task.kind == "relax":
                found.append(RelaxResult(atoms, energy, 0.0, True, "BFGS", [0.0], [0.0]))
            else:
                found.append(
                    SimpleNamespace(energy=energy, converged=True, fmax=0.0, structure=atoms)
                )
        return found


def test_formation_energy_of_a_charge_by_hand():
    """E(q) − E(host) − μ + q(E_VBM + ΔV) + E_corr, every atom worth −2 eV: μ of each −2."""
    question = HalideDefects(
        crystal("ZnS"), Level("gfn1-xtb"), lattice="given", defects=("interstitial",)
    )
    answer = question.run(Charged())
    length, alpha, epsilon = 10.818, 2.837297, 8.37
    images = 14.39964 * alpha / (2 * epsilon * length) * (1 - 0.369 * (1 - 1 / epsilon))
    for rich in ("Zn", "S"):
        found = {one.charge: one for one in answer.states[rich]["Cl_i"]}
        assert found[0].energy == pytest.approx(0.0)
        assert found[1].energy == pytest.approx(-3.0 + (-1.0 + 0.1) + images, abs=2e-3)
        assert found[-1].energy == pytest.approx(3.0 - (-1.0 - 0.1) + images, abs=2e-3)
    assert answer.gap == pytest.approx(3.0)
    q = answer.quantities()
    assert q["Cl_i, +1: images of the charge (eV)"].value == pytest.approx(images, abs=1e-3)
    assert q["Cl_i, +1: potential aligned by (eV)"].value == pytest.approx(0.1)
    assert q["Cl_i: ε(+1/0) above the VBM (eV)"].value == pytest.approx(3.9 - images, abs=2e-3)
    assert len(answer.figures("x")) == 2


def test_only_deep_states_are_followed():
    assert deep_level(states(0.25, [16, 16]), 1) == pytest.approx(-11.75)
    with pytest.raises(InputError, match="no projections"):
        deep_level(SimpleNamespace(projections={}), 0)
