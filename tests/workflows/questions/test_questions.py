"""The questions, on a metal cluster by EMT and on a small dot by xTB."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111
from ase.cluster import Octahedron
from ase.constraints import FixAtoms

from heterodot import provenance
from heterodot.analysis import Flag, anchor_gas, reaction_gibbs_experiment
from heterodot.calculators import Level
from heterodot.calculators.dispersion.correction import Dispersion
from heterodot.errors import CapabilityError, InputError
from heterodot.structures import crystal, molecule, passivate, pyramid
from heterodot.workflows import (
    Adsorption,
    CO2Adsorption,
    CO2Reduction,
    DBandCentre,
    Relax,
    Relaxation,
    Runner,
    SinglePoint,
    Vibrations,
)
from heterodot.workflows.parts.gas import gas_references
from heterodot.workflows.parts.path_values import shifts_of_adsorbed

EMT = Level("emt")
GFN1 = Level("gfn1-xtb")


@pytest.fixture(scope="module")
def copper() -> Atoms:
    cluster = Octahedron("Cu", 3)
    return Atoms(cluster.numbers, cluster.positions)


@pytest.fixture(scope="module")
def dot() -> Atoms:
    return passivate(pyramid(crystal("CuInS2"), 2, truncate_corners="apex", apex="Cu"))


@pytest.fixture(scope="module")
def site(dot) -> int:
    return max(
        (i for i in range(len(dot)) if dot.symbols[i] == "Cu"), key=lambda i: dot.positions[i, 2]
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One store for the tests of the dot, so that they share its clean relaxation."""
    with Runner(tmp_path_factory.mktemp("store"), workers=2) as runner:
        yield runner


@pytest.fixture(scope="module")
def reduction(dot, site, shared):
    return CO2Reduction(dot, site, GFN1, n_starts=1, free_radius=4.5, name="T2").run(shared)


def test_relaxation_tells_its_doubts(copper, serial):
    loose = Relaxation(copper, EMT, fmax=1e-5, steps=2).run(serial)
    assert [f.name for f in loose.flags] == ["forces"]
    assert "flag forces" in loose.summary()
    sound = Relaxation(copper, EMT).run(serial)
    assert sound.flags == ()
    json.dumps(sound.to_dict(), allow_nan=False)


def test_vibrations_of_water_beside_the_measured_ones(serial):
    """Fundamentals of H2O: 1595, 3657, 3756 cm⁻¹ (T. Shimanouchi, NSRDS-NBS 39, 1972)."""
    found = Vibrations(molecule("H2O"), Level("gfn2-xtb")).run(serial)
    assert found.frequencies[-3:] == pytest.approx([1595, 3657, 3756], rel=0.06)
    assert found.flags == ()


def test_vibrations_away_from_a_minimum_are_flagged(copper, serial):
    far = copper.copy()
    far.positions[0] *= 1.1
    found = Vibrations(far, EMT, indices=(0,), relax=False).run(serial)
    assert "forces" in [f.name for f in found.flags]


def test_saddle_point_is_flagged_as_one(serial):
    """Planar ammonia is the barrier of its inversion: one imaginary mode."""
    s = np.sqrt(3) / 2
    planar = Atoms("NH3", 1.0 * np.array([[0, 0, 0], [1, 0, 0], [-0.5, s, 0], [-0.5, -s, 0]]))
    found = Vibrations(planar, GFN1).run(serial)
    (flag,) = found.flags
    assert flag.name == "imaginary-mode"
    assert flag.message.startswith("1 imaginary")


@pytest.mark.parametrize("slab", [False, True])
def test_adsorption_energy_is_the_difference_of_its_references(copper, serial, slab):
    """EMT on a cluster and on a slab: recomputed with nothing but single points."""
    surface = copper
    if slab:
        surface = fcc111("Cu", (2, 2, 3), vacuum=8)
        surface.set_constraint(FixAtoms(mask=surface.get_tags() > 1))
    top = int(np.argmax(surface.positions[:, 2]))
    found = Adsorption(surface, "CO", top, EMT, n_starts=2).run(serial)
    whole = serial.run(SinglePoint(found.structure, EMT)).energy
    clean = serial.run(SinglePoint(found.clean, EMT)).energy
    gas = serial.run(Relax(molecule("CO"), EMT, 0.01, 200)).energy
    assert found.energy == pytest.approx(whole - clean - gas, abs=1e-6)
    assert list(found.energies) == ["dot+CO", "dot", "CO gas"]
    assert len(found.candidates) == 2
    json.dumps(found.to_dict(), allow_nan=False)


def test_energies_of_binding_without_dispersion_say_so(copper, serial):
    """With it they are those of single points with it, and say its name."""
    asked = {"path": "ase.calculators.emt:EMT", "functional": "PBE"}
    without, with_it = (
        Level("ase", overrides={**asked, "dispersion": method}) for method in ("none", "d3bj")
    )
    found = Adsorption(copper, "CO", 0, without, n_starts=1).run(serial)
    assert [text for text in found.caveats if text.startswith("no dispersion: PBE leaves out")]
    found = Adsorption(copper, "CO", 0, with_it, n_starts=1).run(serial)
    assert not [text for text in found.caveats if "no dispersion" in text]
    assert found.level.endswith(" + D3(BJ) for PBE")
    whole = serial.run(SinglePoint(found.structure, with_it)).energy
    added = Dispersion("d3bj", "PBE").of(found.structure).energy
    assert serial.run(SinglePoint(found.structure, without)).energy + added == pytest.approx(whole)
    assert found.energies["dot+CO"] == pytest.approx(whole, abs=1e-6)
    diagram = CO2Reduction(copper, 0, without, n_starts=1).run(serial).diagram
    assert [text for text in diagram.caveats if text.startswith("no dispersion")]


def test_an_adsorbate_of_your_own_needs_its_reference(copper, serial):
    with pytest.raises(InputError, match=r"reference_energy = None.*free molecule"):
        Adsorption(copper, Atoms("N"), 0, EMT)
    found = Adsorption(copper, Atoms("N"), 0, EMT, reference_energy=1.0).run(serial)
    assert found.energies["N gas"] == 1.0


def test_the_same_workflow_runs_on_a_metal_cluster(copper, serial):
    top = int(np.argmax(copper.positions[:, 2]))
    found = CO2Reduction(copper, top, EMT, n_starts=1).run(serial)
    assert [s.label for s in found.diagram.steps] == ["CO2(g)", "CO2*", "COOH*", "CO*", "CO(g)"]
    with pytest.raises(CapabilityError, match=r"gfn1-xtb|gpaw"):
        DBandCentre(copper, EMT)


def test_diagram_closes_on_the_gas_reaction(reduction):
    """G(CO(g)) − G(CO2(g)) is the reverse water-gas shift, whatever the dot."""
    g = {name: gas.free_energy.gibbs for name, gas in reduction.gases.items()}
    assert reduction.diagram.levels[-1] == pytest.approx(
        g["CO"] + g["H2O"] - g["CO2"] - g["H2"], abs=1e-9
    )


def test_diagram_is_made_of_what_it_says(reduction):
    g = {name: gas.free_energy.gibbs for name, gas in reduction.gases.items()}
    on = {name: state.free_energy.gibbs for name, state in reduction.states.items()}
    start = reduction.clean_energy + g["CO2"] + g["H2"]
    expected = [
        0.0,
        on["CO2"] + g["H2"] - start,
        on["COOH"] + g["H2"] / 2 - start,
        on["CO"] + g["H2O"] - start,
        reduction.clean_energy + g["CO"] + g["H2O"] - start,
    ]
    assert reduction.diagram.levels == pytest.approx(expected, abs=1e-9)
    shifted = reduction.diagram.at(U=-0.5)
    assert shifted.levels == pytest.approx(np.array(expected) - 0.5 * np.array([0, 0, 1, 2, 2]))


def test_adsorption_energies_share_the_diagrams_references(reduction):
    energy = {name: gas.free_energy.energy for name, gas in reduction.gases.items()}
    state = reduction.states["COOH"]
    expected = state.free_energy.energy - reduction.clean_energy - energy["CO2"] - energy["H2"] / 2
    assert reduction.adsorption_energies["COOH"] == pytest.approx(expected)


def test_every_doubt_is_on_the_result(reduction):
    assert any("xTB" in caveat for caveat in reduction.caveats)
    assert set(reduction.diagram.all_flags) == set(reduction.flags)
    text = reduction.summary()
    for word in ("limiting step", "½ H2", "0.035 bar", "GFN1-xTB"):
        assert word in text
    json.dumps(reduction.to_dict(), allow_nan=False)


def test_only_atoms_near_the_site_moved(reduction, dot, site):
    far = dot.get_distances(site, range(len(dot))) > 4.5
    assert far.any()
    for structure in reduction.structures.values():
        np.testing.assert_allclose(structure.positions[: len(dot)][far], dot.positions[far])


def test_anchoring_to_experiment_is_said_and_moves_one_gas(reduction, dot, site, shared):
    before = shared.counts.computed
    anchored = CO2Reduction(
        dot, site, GFN1, n_starts=1, free_radius=4.5, gas_reference="experiment", name="T2"
    ).run(shared)
    assert shared.counts.computed == before  # other references, same calculations
    pressures = {"H2O": 3500.0}
    measured = reaction_gibbs_experiment(298.15, pressures)
    assert anchored.diagram.levels[-1] == pytest.approx(measured, abs=1e-9)
    g = {name: gas.free_energy.gibbs for name, gas in reduction.gases.items()}
    _, note = anchor_gas(g, "CO", 298.15, pressures)
    assert note in anchored.diagram.references
    np.testing.assert_allclose(anchored.diagram.levels[:4], reduction.diagram.levels[:4])
    assert "CO* is bonded: not shifted" in anchored.diagram.references


def test_a_molecule_that_is_not_bonded_moves_with_its_gas(copper, serial):
    """Else the correction of a gas would look like an adsorption energy."""
    top = int(np.argmax(copper.positions[:, 2]))
    plain = CO2Reduction(copper, top, EMT, n_starts=1)
    states = {"CO2": Flagged("physisorbed"), "CO": Flagged("low-mode")}
    moved, notes = shifts_of_adsorbed({"CO2": 0.45, "CO": -1.9}, states)
    assert moved == {"CO2": 0.45, "CO": 0.0}
    assert notes == ["CO2* moves with the gas: it is not bonded", "CO* is bonded: not shifted"]
    assert shifts_of_adsorbed({"CO2": 0.0, "CO": 0.0}, states)[1] == []
    before = plain.run(serial)
    corrected = replace(plain, gas_correction="RPBE-OCO").run(serial)
    loose = any(flag.name == "physisorbed" for flag in before.states["CO2"].flags)
    step = corrected.diagram.levels[1] - before.diagram.levels[1]
    assert step == pytest.approx(0.0 if loose else -0.45, abs=1e-9)


@dataclass
class Flagged:
    """A state with one flag."""

    name: str

    @property
    def flags(self) -> tuple[Flag, ...]:
        return (Flag(self.name, ""),)


def test_co2_adsorption_reads_shape_and_charge(dot, site, shared):
    found = CO2Adsorption(dot, site, GFN1, n_starts=1, free_radius=4.5, name="T2").run(shared)
    assert found.co_lengths == pytest.approx((1.14, 1.14), abs=0.06)
    assert found.oco_angle > 160
    assert set(found.charge_on_co2) == {"Mulliken", "Löwdin"}
    assert all(abs(q) < 0.3 for q in found.charge_on_co2.values())
    assert "charge on CO2" in found.summary()


def test_d_band_centre_of_a_dot(dot, shared):
    found = DBandCentre(dot, GFN1, elements=("Cu", "In"), relax=False).run(shared)
    copper = found.moments["Cu"]
    assert -4 < copper.centre < 0
    assert copper.shell_fraction == pytest.approx(1.0, abs=0.01)
    assert any(flag.name == "empty-shell" and "In" in flag.message for flag in found.flags)
    assert "VBM" in found.summary()
    assert [density.label for density in found.densities()] == ["Cu d", "In d"]
    assert found.plot("dot").axes
    json.dumps(found.to_dict(), allow_nan=False)
    with pytest.raises(InputError, match="Ag"):
        DBandCentre(dot, GFN1, elements=("Ag",))


def test_odd_dot_is_run_as_a_doublet(dot, site, shared):
    """Removing a neutral Cu leaves an odd count: two spin channels, one electron apart."""
    other = next(i for i in range(len(dot)) if dot.symbols[i] == "Cu" and i != site)
    odd = dot.copy()
    del odd[other]
    provenance.add_note(odd, "a copper removed by hand")
    found = DBandCentre(odd, GFN1, relax=False).run(shared)
    up, down = found.electronic_structure.occupations.sum(axis=(1, 2))
    assert up - down == pytest.approx(1.0, abs=1e-6)


def test_gas_references_know_pressure(serial):
    at = {
        p: gas_references(serial, ["H2O"], GFN1, pressures={"H2O": p})["H2O"].free_energy.gibbs
        for p in (1e5, 1e3)
    }
    kT = 8.617333262e-5 * 298.15  # CODATA
    assert at[1e5] - at[1e3] == pytest.approx(kT * np.log(100), abs=1e-6)


def test_wrong_words_are_refused_before_anything_runs(dot, site):
    for wrong in ({"gas_reference": "guessed"}, {"thermal": "anharmonic"}, {"scale": "NHE"}):
        with pytest.raises(InputError, match=next(iter(wrong.values()))):
            CO2Reduction(dot, site, GFN1, **wrong)
    for wrong, said in (
        ({"gas_correction": "guess"}, "RPBE-OCO"),
        ({"pressures": {"co2": 1e5}}, "co2"),
        ({"pressures": {"CO2": -1.0}}, "p > 0"),
        ({"gas_reference": "experiment", "temperature": 500.0}, "measured data"),
    ):
        with pytest.raises(InputError, match=said):
            CO2Reduction(dot, site, GFN1, **wrong)
    for wrong in ({"reference": "vacuum"}, {"projection": "Bader"}, {"l": 7}):
        with pytest.raises(InputError, match=str(next(iter(wrong.values())))):
            DBandCentre(dot, GFN1, **wrong)
    with pytest.raises(InputError, match="adsorbate 'NH3'"):
        Adsorption(dot, "NH3", site, GFN1)
