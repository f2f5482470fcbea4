"""The workflows with GPAW for real."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from heterodot.analysis import projected_dos
from heterodot.calculators import Level
from heterodot.errors import MissingDependencyError, RefusedError
from heterodot.structures import crystal, passivate, pyramid
from heterodot.workflows import (
    CO2Adsorption,
    CO2Reduction,
    DBandCentre,
    Relaxation,
    Runner,
    SinglePoint,
    Vibrations,
)
from heterodot.workflows.parts.gates import adsorbate_record

pytestmark = pytest.mark.gpaw

FAST = Level("gpaw", "fast")


def test_relaxed_carbon_monoxide_has_its_bond_length(local):
    """PBE gives 1.135–1.14 Å for CO (experiment 1.128 Å, Huber and Herzberg 1979)."""
    stretched = Atoms("CO", [[0, 0, 0], [0, 0, 1.18]])
    found = Relaxation(stretched, FAST, fmax=0.05).run(local)
    assert found.flags == ()
    assert found.structure.get_distance(0, 1) == pytest.approx(1.14, abs=0.02)
    local.run(SinglePoint(found.structure, FAST))
    before = local.counts.computed
    Relaxation(stretched, FAST, fmax=0.05).run(local)
    assert local.counts.computed == before


def test_the_moments_of_oxygen_make_a_triplet(local):
    """About 1 eV below the singlet, as measured (0.98 eV, Huber and Herzberg 1979)."""
    bare = Atoms("O2", [[0, 0, 0], [0, 0, 1.21]])
    given = Atoms(bare.symbols, bare.positions, magmoms=[1, 1])
    singlet = local.run(SinglePoint(bare, Level("gpaw", "fast", {"multiplicity": 1}))).energy
    triplet = local.run(SinglePoint(given, FAST)).energy
    assert singlet - triplet == pytest.approx(0.98, abs=0.15)
    named = local.run(SinglePoint(bare, Level("gpaw", "fast", {"multiplicity": 3}))).energy
    assert triplet == pytest.approx(named, abs=2e-3)


@pytest.mark.slow
def test_hydrogen_vibrates_at_its_pbe_frequency(local):
    """PBE: about 4320 cm⁻¹ for H2 (experiment, harmonic: 4401 cm⁻¹)."""
    found = Vibrations(molecule("H2"), FAST, fmax=0.03).run(local)
    assert found.frequencies[-1] == pytest.approx(4330, abs=150)


@pytest.mark.slow
def test_d_band_of_a_copper_dot(local):
    """Cu2In2S6H4: the filled Cu 3d band below the gap, the sum rule, the same numbers again."""
    dot = passivate(pyramid(crystal("CuInS2"), 2, truncate_corners=True))
    assert dot.get_chemical_formula() == "H4Cu2In2S6"
    found = DBandCentre(dot, FAST, relax=False, window=(-12.0, 1.0)).run(local)
    copper, states = found.moments["Cu"], found.electronic_structure
    assert -5.0 < copper.relative_to("vbm").centre_occupied < -0.3
    assert copper.filling > 0.9
    electrons = (states.k_weights[None, :, None] * states.occupations).sum()
    assert electrons == pytest.approx(2 * 11 + 2 * 13 + 6 * 6 + 4, abs=1e-6)
    dos = projected_dos(states, element="Cu", l=2, kind="Mulliken")
    area = np.trapezoid(dos.values.sum(axis=0), dos.energies)
    assert area == pytest.approx(2 * 10 * 2, abs=1e-3)  # dzp has two d functions an atom
    before = local.counts.computed
    again = DBandCentre(dot, FAST, relax=False, window=(-12.0, 1.0)).run(local)
    assert again.moments["Cu"].centre == copper.centre
    assert local.counts.computed == before


@pytest.mark.slow
def test_the_same_questions_run_with_gpaw(local):
    """CuH, LDA, one geometry a state, a minimal basis: the machinery and its sums, no chemistry.

    What counts is that nothing but the level was changed against EMT and xTB.
    """
    dot = Atoms("CuH", [[0, 0, 0], [0, 0, -1.5]])
    level = Level("gpaw", "fast", {"xc": "LDA", "vacuum": 2.5, "basis": "sz(dzp)", "h": 0.28})
    found = CO2Reduction(dot, 0, level, n_starts=1, steps=1).run(local)
    assert set(found.states) == {"CO2", "COOH", "CO"}
    diagram = found.diagram
    gases = {name: gas.free_energy.gibbs for name, gas in found.gases.items()}
    reaction = gases["CO"] + gases["H2O"] - gases["CO2"] - gases["H2"]
    assert diagram.steps[-1].gibbs - diagram.steps[0].gibbs == pytest.approx(reaction, abs=1e-6)
    for state in found.states.values():
        n_own = len(adsorbate_record(state.structure)["indices"])
        assert len(state.free_energy.frequencies) == 3 * n_own
    assert {"forces", "imaginary-mode"} <= {flag.name for flag in found.flags}
    assert "sz(dzp)" in found.summary()
    before = local.counts.computed
    CO2Reduction(dot, 0, level, n_starts=1, steps=1).run(local)
    assert local.counts.computed == before
    adsorbed = CO2Adsorption(dot, 0, level, n_starts=1, steps=1).run(local)
    terms = adsorbed.energies
    assert adsorbed.energy == pytest.approx(terms["dot+CO2"] - terms["dot"] - terms["CO2 gas"])
    assert adsorbed.energy == pytest.approx(found.adsorption_energies["CO2"])
    assert abs(adsorbed.charge_on_co2["Mulliken"]) < 1.0


def test_odd_electrons_are_never_run_spin_paired(local):
    paired = Level("gpaw", "fast", {"multiplicity": 1})
    with pytest.raises(RefusedError, match="odd"):
        local.run(SinglePoint(molecule("OH"), paired))
    (failure,) = local.store.failures()
    assert failure["error"] == "RefusedError"


@pytest.mark.slow
def test_a_task_on_two_ranks_gives_the_answer_of_one(tmp_path):
    try:
        parallel = Level("gpaw", "fast", ranks=2)
        parallel.command([])
    except MissingDependencyError as error:
        pytest.skip(str(error))
    task = SinglePoint(molecule("H2"), parallel)
    with Runner(tmp_path / "two", workers=1) as runner:
        two = runner.run(task)
        # ranks are not part of what is calculated: with one rank it is the same task
        assert SinglePoint(molecule("H2"), FAST).key == task.key
        runner.run(SinglePoint(molecule("H2"), FAST))
        assert (runner.counts.computed, runner.counts.failed) == (1, 0)
        assert runner.store.get(task.key)["ranks"] == 2
    with Runner(tmp_path / "one", workers=1) as runner:
        one = runner.run(SinglePoint(molecule("H2"), FAST))
    assert two.energy == pytest.approx(one.energy, abs=1e-5)
    np.testing.assert_allclose(two.forces, one.forces, atol=1e-3)
