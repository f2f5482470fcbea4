"""GPAW with dispersion: argon binds, relaxations and restarts go on as without."""

from __future__ import annotations

import pytest
from ase import Atoms
from ase.build import molecule

from heterodot.calculators import Level
from heterodot.calculators.dispersion.correction import Dispersion
from heterodot.workflows import Orbitals, Relax

pytestmark = pytest.mark.gpaw


def level(dispersion: str, **overrides) -> Level:
    return Level("gpaw", "fast", {"vacuum": 3.0, "dispersion": dispersion, **overrides})


def test_argon_binds_where_it_does():
    """The measured pair: 12.3 meV at 3.76 Å (R. A. Aziz, J. Chem. Phys. 99, 4518 (1993)). PBE has a
    third of that there, and its minimum farther out; PBE-D3(BJ) is known to overbind rare gases.
    """
    waves = {"mode": "pw", "ecut": 400.0, "vacuum": 4.0, "width": 0.05}
    found = level("d3bj", convergence={"energy": 1e-5, "density": 1e-4}, **waves)
    assert found.label == "PBE-D3(BJ)/PW 400 eV (GPAW)"
    with_it, without = {}, {}
    for distance in (0.0, 3.76, 4.05):
        atoms = Atoms("Ar2", [[0, 0, 0], [0, 0, distance]]) if distance else Atoms("Ar")
        ready = found.prepare(atoms)
        ready.calc = found.calculator(ready)
        with_it[distance] = ready.get_potential_energy()
        without[distance] = ready.calc.inner.get_potential_energy()
    bound, plain = (
        {r: energy[r] - 2 * energy[0.0] for r in (3.76, 4.05)} for energy in (with_it, without)
    )
    assert bound[3.76] == pytest.approx(-0.0123, abs=0.005)
    assert bound[3.76] < bound[4.05]
    assert plain[4.05] < plain[3.76]
    assert -0.008 < plain[3.76] < 0


def test_relaxations_states_and_restarts_are_those_of_the_code(tmp_path):
    asked, given = level("d3bj"), molecule("CO")
    task = Relax(given, asked, fmax=0.05)
    folder = tmp_path / "relax"
    folder.mkdir()
    found = task.result({**task.compute(folder), "recovery": ""})
    assert found.converged
    assert found.cost.n_scf > 0
    added = Dispersion("d3bj", "PBE").of(found.structure).energy
    again = level("none")  # the same electrons: it starts from what the other has left
    plain = again.prepare(found.structure)
    plain.calc = again.calculator(plain, folder)
    energy = plain.get_potential_energy() + added
    assert energy == pytest.approx(found.energy, abs=0.02)  # other places on the grid
    assert len(list(folder.glob("restart-*.gpw"))) == 1
    states = Orbitals(found.structure, asked)
    data = states.compute(tmp_path / "orbitals")
    assert data["energy"] == pytest.approx(energy, abs=1e-5)
    structure = states.result({**data, "recovery": ""}).electronic_structure
    assert structure.level["label"] == "PBE-D3(BJ)/dzp LCAO (GPAW)"
    assert structure.gap > 5.0
