"""Any path of the table, or from outside, through the one question about a reaction."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import units
from ase.cluster import Octahedron
from ase.thermochemistry import IdealGasThermo

from heterodot.calculators import Level
from heterodot.data.reactions import REACTION_PATHS, PathStep, ReactionPath
from heterodot.data.species import SPECIES, Species, add_species
from heterodot.errors import InputError
from heterodot.structures import molecule
from heterodot.workflows import (
    CO2Reduction,
    Hessian,
    ReactionFreeEnergy,
    Relax,
    Runner,
    SinglePoint,
)

EMT = Level("emt")
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    with Runner(tmp_path_factory.mktemp("store"), executor="serial") as runner:
        yield runner


@pytest.fixture(autouse=True)
def _tables_as_before():
    before = [(table, dict(table)) for table in (SPECIES, REACTION_PATHS)]
    yield
    for table, entries in before:
        table.clear()
        table.update(entries)


def copper():
    return Octahedron("Cu", 3, cutoff=1)


@pytest.fixture(scope="module")
def evolution(runner):
    question = ReactionFreeEnergy(copper(), 1, EMT, path="HER", thermal="harmonic", U=-0.2)
    return question.run(runner)


def test_every_free_atom_vibrates_where_asked(runner):
    """ΔG(H*) with F_vib of the whole cluster, with and without H, by ase.vibrations' Hessians."""
    question = ReactionFreeEnergy(
        copper(), 1, EMT, path="HER", thermal="harmonic", vibrations="all", fmax=0.001
    )
    found = question.run(runner)
    kT = units.kB * 298.15

    def free(atoms):
        """E + F of all vibrations; six modes of a minimum this tight are zero, and set aside."""
        hessian = runner.run(Hessian(atoms, EMT))
        nu = hessian.frequencies(atoms)
        nu = nu[np.argsort(np.abs(nu))][6:] * units.invcm
        nu = nu[nu > 0]  # EMT's octahedron is no minimum, and flagged
        return hessian.energy + (nu / 2).sum() + kT * np.log(1 - np.exp(-nu / kT)).sum()

    clean, covered = found.clean, found.structures["H"]
    assert found.states["H"].free_energy.gibbs == pytest.approx(free(covered), abs=3e-3)
    assert found.clean_free_energy.gibbs == pytest.approx(free(clean), abs=3e-3)
    by_hand = free(covered) - free(clean) - found.gases["H2"].free_energy.gibbs / 2
    assert found.diagram.at(U=0.0).levels[1] == pytest.approx(by_hand, abs=5e-3)
    assert any("all free atoms" in text for text in found.diagram.references)
    assert any(r.value == pytest.approx(by_hand, abs=5e-3) for r in found.references())
    json.dumps(found.to_dict())
    with pytest.raises(InputError, match="'adsorbate' or 'all'"):
        replace(question, vibrations="some")


def test_hydrogen_evolution_is_the_sum_made_by_hand(evolution, runner):
    """ΔG(H*) from single points, ASE's own partition function and textbook oscillators."""
    site = runner.run(SinglePoint(evolution.clean, EMT)).energy
    covered = runner.run(SinglePoint(evolution.structures["H"], EMT)).energy
    gas = evolution.gases["H2"]
    kT = units.kB * 298.15
    nu = np.array(evolution.states["H"].free_energy.frequencies) * units.invcm
    assert len(nu) == 3
    assert (nu > 0).all()
    x = nu / kT
    adsorbed = covered + (nu / 2).sum() + kT * np.log(1 - np.exp(-x)).sum()  # E + F of three modes
    stretch = max(gas.free_energy.frequencies) * units.invcm
    thermo = IdealGasThermo(
        [stretch], "linear", gas.free_energy.energy, gas.structure, symmetrynumber=2, spin=0
    )
    hydrogen = thermo.get_gibbs_energy(298.15, 1e5, verbose=False)
    by_hand = adsorbed - site - hydrogen / 2
    at_zero = evolution.diagram.at(U=0.0)
    assert at_zero.levels == pytest.approx([0.0, by_hand, 0.0], abs=1e-6)
    assert evolution.diagram.levels == pytest.approx([0.0, by_hand - 0.2, -0.4], abs=1e-6)
    adsorption = covered - site - gas.free_energy.energy / 2
    assert evolution.adsorption_energies["H"] == pytest.approx(adsorption, abs=1e-9)


def test_the_equilibrium_of_hydrogen_is_the_zero_of_the_scale(evolution):
    diagram = evolution.diagram
    assert diagram.equilibrium_potential == 0.0
    assert diagram.measured_equilibrium == 0.0
    g = diagram.at(U=0.0).levels[1]
    assert diagram.limiting_potential == pytest.approx(-abs(g))
    assert diagram.overpotential == pytest.approx(abs(g))
    text = evolution.summary()
    assert text.startswith("HER: 2 (H⁺ + e⁻) → H2\n")
    assert "U_eq = 0.00" in text
    assert "G relative to the clean dot and H2(g)" in text
    values = evolution.quantities()
    assert {"G(H*) (eV)", "G(H2(g)) (eV)", "E_ads(H) (eV)"} < set(values)
    assert not any(name.startswith("CO2") for name in values)
    json.dumps(evolution.to_dict(), allow_nan=False)
    assert evolution.plot("Cu13").axes[0].get_xticklabels()[1].get_text().startswith("H")
    with pytest.raises(InputError, match=r"branch 'dimer': expected one of this path's \(none\)"):
        evolution.plot(branch="dimer")


def test_the_default_path_is_the_reduction_of_co2(runner):
    """Two names of one calculation: the tasks of the one answer the other."""
    first = CO2Reduction(copper(), 1, EMT, n_starts=1, steps=30).run(runner)
    before = runner.counts.computed
    second = ReactionFreeEnergy(copper(), 1, EMT, n_starts=1, steps=30).run(runner)
    assert runner.counts.computed == before
    assert second.diagram == first.diagram
    assert first.to_dict() == {**second.to_dict(), "kind": "CO2Reduction"}


def test_a_path_with_branches_from_outside(runner):
    """docs/examples/reaction.py: CO2 to formic acid by carboxyl, or by formate."""
    path = runpy.run_path(str(EXAMPLES / "reaction.py"))["TO_FORMIC_ACID"]
    question = ReactionFreeEnergy(copper(), 1, EMT, path="CO2-to-HCOOH", n_starts=1, steps=30)
    assert question.reaction is path
    found = question.run(runner)
    main, branch = found.diagram, found.branches["formate"]
    drawn = found.shared_figures({"Cu13": found})
    assert list(drawn) == ["free_energy", "free_energy-formate"]
    ticks = [tick.get_text() for tick in drawn["free_energy-formate"]().axes[0].get_xticklabels()]
    assert any(tick.startswith("HCOO") for tick in ticks)
    assert len(found.references()) >= 6  # three levels of the main line, one of the branch, E_ads
    g = {name: gas.free_energy.gibbs for name, gas in found.gases.items()}
    start = found.clean_energy + g["CO2"] + g["H2"]
    for diagram, middle in ((main, "COOH"), (branch, "HCOO")):
        on = {name: found.states[name].free_energy.gibbs for name in ("CO2", middle)}
        assert [s.label for s in diagram.steps] == ["CO2(g)", "CO2*", f"{middle}*", "HCOOH(g)"]
        expected = [
            0.0,
            on["CO2"] + g["H2"] - start,
            on[middle] + g["H2"] / 2 - start,
            found.clean_energy + g["HCOOH"] - start,
        ]
        assert diagram.levels == pytest.approx(expected, abs=1e-9)
    assert main.measured_equilibrium is None  # nothing measured of HCOOH in the table
    assert "HCOO" in found.structures
    values = found.values()
    assert values["limiting step, formate"].value.startswith(("CO2", "HCOO"))
    assert [n for n in values if n.startswith("G(")] == [
        "G(CO2*) (eV)", "G(COOH*) (eV)", "G(HCOOH(g)) (eV)", "G(HCOO*) (eV)"
    ]  # fmt: skip
    assert "branch formate" in found.headline()
    assert set(found.to_dict()["branches"]) == {"formate"}
    flagged = {f.message for f in found.flags}
    assert {f.message for f in main.flags} <= flagged
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("name", ["species", "reaction"])
def test_the_examples_run(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert capsys.readouterr().out


def test_a_species_from_outside_is_adsorbed_like_ours(runner):
    """docs/examples/species.py: formyl, on the way from CO to methane."""
    runpy.run_path(str(EXAMPLES / "species.py"))
    path = ReactionPath("formyl", (PathStep("CO", takes={"CO": 1}), PathStep("HCO", electrons=1)))
    found = ReactionFreeEnergy(copper(), 1, EMT, path=path, n_starts=1, steps=20).run(runner)
    assert found.diagram.equilibrium_potential is None  # it ends on the site
    energy = {name: gas.free_energy.energy for name, gas in found.gases.items()}
    state = found.states["HCO"]
    by_hand = state.candidates[0].energy - found.clean_energy - energy["CO"] - energy["H2"] / 2
    assert state.adsorption_energy == pytest.approx(by_hand)


def test_what_a_path_cannot_give_is_said_before_anything_runs():
    def ask(path, **more):
        return ReactionFreeEnergy(copper(), 1, EMT, path=path, **more)

    for wrong, said in (
        ({"path": "OER"}, "path 'OER': expected one of CO2-to-CO, HER"),
        ({"path": "HER", "gas_reference": "experiment"}, "no gas that can be shifted"),
        ({"path": "HER", "anchored_gas": "CO"}, "anchored_gas 'CO': expected None"),
        ({"path": "HER", "gas_correction": "RPBE-OCO"}, "corrects none of the gases"),
        ({"path": "HER", "pressures": {"CO": 1e5}}, "expected H2 with p > 0 Pa"),
        ({"path": "CO2-to-CO", "anchored_gas": "H2"}, "anchored_gas 'H2': expected 'CO' or 'CO2'"),
    ):
        with pytest.raises(InputError, match=said):
            ask(**wrong)
    oxygen = ReactionPath("toy", (PathStep("O2", takes={"O2": 1}),))
    with pytest.raises(InputError, match="adsorbate 'O2': no way to stand on a site is known"):
        ask(oxygen)
    add_species(Species("CO3"), replace(SPECIES["CO"], name="C2O4", formula="CO"))
    unknown = ReactionPath("toy", (PathStep("CO", takes={"C2O4": 1}),))
    ask(unknown)  # a species is what its entries say
    bare = ReactionPath("toy", (PathStep("CO", takes={"CO3": 1}, releases={"O2": 1}),))
    with pytest.raises(InputError, match="molecule 'CO3': no geometry of it is known"):
        ask(bare)
    with pytest.raises(TypeError, match="path"):
        CO2Reduction(copper(), 1, EMT, path="HER")


KEYS = {
    "CO": "d06928dc61d1d0b276b5691fae9928036e8966158bb8237ce6443d77f32853e9",
    "CO2": "980368e6c9ea3dd9cb9782a572fd01d43bf45606f4882519612b5c3cde23978b",
    "H2": "ead5b71e2c28c4adebe371e3e537a711505d45d26ad81d30daa254617d40b886",
    "OH": "fadcc3952e0cef301bbccaf89be5fe187ed7ea14fce4e836bee0389ec107b7c4",
    "H": "939d799973be204949c5368341cb961199e6659ffd2d4639d32afb5dca41534c",
}
"""Of the version before there was one table of species (of geometries free of trigonometry)."""


@pytest.mark.parametrize("name", KEYS)
def test_stored_gases_of_before_keep_answering(name):
    assert Relax(molecule(name), EMT, 0.01, 200).key == KEYS[name]


STUDY = """
heterodot: 1
title: Hydrogen on copper
systems:
  cu13: {file: cu.extxyz, site: 1}
levels:
  emt: {code: emt}
questions:
  - reaction: {path: HER, n_starts: 1, U: -0.1}
output: out
"""


def test_a_study_asks_for_a_path_by_name(tmp_path):
    from ase.io import write

    from heterodot.cli import main

    write(tmp_path / "cu.extxyz", copper())
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    with pytest.raises(SystemExit) as left:
        main(["run", str(study), "-n", "1"])
    assert not left.value.code
    table = (tmp_path / "out" / "table.txt").read_text()
    assert "G(H*) (eV)" in table
    assert "U_eq (V vs RHE)" in table
    assert (tmp_path / "out" / "figures" / "free_energy.png").exists()
    study.write_text(STUDY.replace("HER", "NRR"))
    with pytest.raises(SystemExit) as left:
        main(["run", str(study), "-n", "1", "-o", str(tmp_path / "other")])
    assert left.value.code == 2
