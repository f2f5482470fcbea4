"""Every number that rests on a flagged state carries the mark, and no other does."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase import Atoms
from ase.cluster import Octahedron

from heterodot.analysis import (
    Flag,
    FreeEnergyDiagram,
    Step,
    plot_free_energy,
    reaction_gibbs_experiment,
)
from heterodot.analysis.figures.style import captions_of
from heterodot.analysis.thermo.states import path_steps
from heterodot.calculators import Level
from heterodot.structures import add_adsorbate, metal_cluster, molecule
from heterodot.workflows import (
    Bonding,
    ChargeTransfer,
    CO2Reduction,
    DBandCentre,
    ElectronicStructureRun,
    Relaxation,
    Runner,
)
from heterodot.workflows.parts.path_values import flags_of_parts
from heterodot.workflows.study.rows import Row
from heterodot.workflows.study.tables import csv_table, json_table, text_table

EMT, GFN1 = Level("emt"), Level("gfn1-xtb")
MOVED = Flag("adsorbate-moved", "bonded to S12, not to its site Cu3")


def path(**flags: tuple[Flag, ...]) -> FreeEnergyDiagram:
    """The four steps of CO2 to CO; flags by the name of the state."""
    levels = {"CO2(g)": (0.0, 0), "CO2*": (0.3, 0), "COOH*": (1.1, 1), "CO*": (0.9, 2),
              "CO(g)": (0.5, 2)}  # fmt: skip
    steps = [Step(k, g, n, flags=flags.get(k.strip("*(g)"), ())) for k, (g, n) in levels.items()]
    return FreeEnergyDiagram(tuple(steps), measured_potential=-0.1)


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    with Runner(tmp_path_factory.mktemp("store"), executor="serial") as runner:
        yield runner


@pytest.fixture(scope="module")
def broken(runner):
    """COOH on copper by EMT falls to pieces."""
    cluster = Octahedron("Cu", 3, cutoff=1)
    atoms = Atoms(cluster.numbers, cluster.positions)
    return CO2Reduction(atoms, 1, EMT, n_starts=1, steps=30).run(runner)


def test_a_flagged_state_marks_its_level_both_changes_and_the_limiting_potential():
    found = path(COOH=(MOVED,))
    assert [bool(found.level_flags(i)) for i in range(5)] == [False, False, True, False, False]
    assert [bool(found.change_flags(c)) for c in found.changes] == [False, True, True, False]
    assert found.limiting_step.label == "CO2* → COOH*"
    table = found.table()
    assert "U_L = -0.80† V" in table
    assert "ΔG = 0.80† eV" in table
    assert "U_eq = -0.25 V (measured -0.10 V)" in table  # neither end is flagged
    assert "η = 0.55† V" in table
    assert "[adsorbate-moved]" in table
    assert found.to_dict()["marks"]["limiting_potential"] == ["adsorbate-moved"]
    assert found.to_dict()["marks"]["equilibrium_potential"] == []


def test_what_the_limiting_step_does_not_rest_on_leaves_its_potential_unmarked():
    assert "U_L = -0.80 V" in path(CO=(MOVED,)).table()


def test_a_flagged_zero_marks_every_level():
    first = path()
    steps = (Step("CO2(g)", 0.0, 0, flags=(MOVED,)), *first.steps[1:])
    found = FreeEnergyDiagram(steps)
    assert all(found.level_flags(i) for i in range(1, 5))
    assert [bool(found.change_flags(c)) for c in found.changes] == [True, False, False, False]


def test_the_limiting_potential_in_a_figure_carries_the_mark():
    figure = plot_free_energy({"broken": path(COOH=(MOVED,)), "sound": path()})
    broken, sound = (t.get_text() for t in figure.legends[0].get_texts())
    assert "−0.80 V†" in broken
    assert "0.55 V†" in broken
    assert "†" not in sound
    written = [t.get_text() for t in figure.axes[0].texts]
    assert sorted(t for t in written if "†" in t) == ["1.10†"]
    assert written.count("0.50") == 1  # the same gas for both: said once
    caption = " ".join(t.get_text() for t in figure.texts).replace("\n", " ")
    assert "broken: COOH* adsorbate-moved" in caption
    assert "measured −0.10 V" in captions_of(figure)[1]


@pytest.mark.parametrize(("scale", "expected"), [("RHE", -0.25), ("SHE", -0.25 - 0.05916 * 7)])
def test_equilibrium_and_overpotential_by_hand(scale, expected):
    found = path().at(pH=7, scale=scale)
    assert found.equilibrium_potential == pytest.approx(expected, abs=2e-4)
    assert found.overpotential == pytest.approx(0.80 - 0.25)
    assert found.equilibrium_potential - found.limiting_potential == pytest.approx(0.55)
    again = FreeEnergyDiagram.from_dict(found.to_dict())
    assert again == found


def test_an_oxidation_costs_potential_beyond_the_equilibrium():
    """Water oxidation, four equal steps but one: U_eq 1.23 V, U_L 1.60 V, η 0.37 V."""
    gibbs = [0.0, 1.23, 2.83, 3.69, 4.92]
    labels = ["* + 2 H2O", "OH*", "O*", "OOH*", "* + O2"]
    steps = [Step(k, g, -n) for n, (k, g) in enumerate(zip(labels, gibbs, strict=True))]
    found = FreeEnergyDiagram(tuple(steps))
    assert found.equilibrium_potential == pytest.approx(1.23)
    assert found.limiting_potential == pytest.approx(1.60)
    assert found.overpotential == pytest.approx(0.37)


def test_a_path_that_ends_in_an_adsorbed_state_has_no_equilibrium():
    found = FreeEnergyDiagram(path().steps[:4])
    assert found.equilibrium_potential is None
    assert found.overpotential is None
    assert "U_eq" not in found.table()


def test_the_measured_potential_is_that_of_the_literature(broken):
    """E°(CO2/CO) −0.10 V vs RHE (R. Kortlever et al., J. Phys. Chem. Lett. 6, 4073 (2015))."""
    assert broken.diagram.measured_equilibrium == pytest.approx(-0.10, abs=0.01)
    pressures = {"CO2": 1e5, "CO": 1e5, "H2": 1e5, "H2O": 3.5e3}
    by_hand = -reaction_gibbs_experiment(298.15, pressures) / 2
    assert broken.diagram.measured_equilibrium == pytest.approx(by_hand, abs=1e-3)


def test_the_computed_potential_is_that_of_the_gases(broken):
    gas = {name: one.free_energy.gibbs for name, one in broken.gases.items()}
    change = gas["CO"] + gas["H2O"] - gas["CO2"] - gas["H2"]
    assert broken.diagram.equilibrium_potential == pytest.approx(-change / 2)


def test_numbers_of_a_broken_reduction_are_marked(broken):
    marks = broken.to_dict()["marks"]
    assert "adsorbate-changed" in marks["G(COOH*) (eV)"]
    assert "adsorbate-changed" in marks["E_ads(COOH) (eV)"]
    assert "adsorbate-changed" in marks["U_L (V vs RHE)"]
    assert "adsorbate-changed" not in marks.get("G(CO2*) (eV)", [])
    assert "conditions" not in marks
    json.dumps(broken.to_dict(), allow_nan=False)


def test_summaries_say_each_flag_once(broken):
    for flag in broken.flags:
        assert broken.summary().count(str(flag)) == 1


def test_tables_carry_the_marks_in_every_format(broken):
    quantities = broken.quantities()
    row = Row(
        "t4", "T4", "co2_reduction", "co2_reduction", "EMT",
        {name: q.value for name, q in quantities.items()},
        {name: q.names for name, q in quantities.items() if q.flags},
        tuple(map(str, broken.flags)),
    )  # fmt: skip
    text = text_table("title", [row])
    (line,) = [line for line in text.splitlines() if line.startswith("U_L")]
    assert line.endswith("†")
    assert "adsorbate-changed" in " ".join(x for x in text.splitlines() if x.startswith("t4: †"))
    header, values = csv_table([row]).splitlines()[:2]
    assert ",marks,flags," in header
    assert "U_L (V vs RHE): " in values
    assert "†" not in values  # numbers stay numbers
    (read,) = json.loads(json_table("title", [row]))["rows"]
    assert "adsorbate-changed" in read["marks"]["U_L (V vs RHE)"]


def flags_of_states(result, of_clean):
    """The flags of each state of a path, those of the clean dot given."""
    flags = flags_of_parts(result.states, result.gases, (of_clean,))
    numbers = dict.fromkeys(flags, 0.0)
    return {s.label: s.flags for s in path_steps(result.path.line(), numbers, numbers, flags)}


def test_a_clean_dot_that_fell_apart_is_under_every_state(broken):
    gone = Flag("reconstructed", "the clean dot against the one built: broke Cu0–S1")
    found = flags_of_states(broken, gone)
    assert all(gone in flags for flags in found.values())
    forces = Flag("forces", "clean structure: largest force 0.1 eV/Å")
    found = flags_of_states(broken, forces)
    assert [label for label, flags in found.items() if forces in flags] == ["CO2(g)", "CO(g)"]


def bent():
    """CO2 bent to 134° on two copper atoms, as an adsorbate is built."""
    return add_adsorbate(metal_cluster("Cu", 2), 0, "CO2", "C-down")


QUESTIONS = {
    "charge_transfer": lambda atoms: ChargeTransfer(atoms, GFN1),
    "bonding": lambda atoms: Bonding(atoms, GFN1, relax=False),
    "electronic": lambda atoms: ElectronicStructureRun(atoms, GFN1, relax=False),
    "d_band": lambda atoms: DBandCentre(atoms, GFN1, relax=False),
}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_geometry_as_built_is_said_not_to_be_relaxed(kind, runner):
    found = QUESTIONS[kind](bent()).run(runner)
    (flag,) = [f for f in found.flags if f.name == "not-relaxed"]
    calculated = bent()
    calculated.calc = GFN1.calculator(calculated)
    force = np.linalg.norm(calculated.get_forces(), axis=1).max()
    assert f"largest force {force:.2f} eV/Å" in flag.message
    assert "not-relaxed" in found.to_dict()["marks"]["E (eV)" if kind != "charge_transfer"
                                                     else "interaction energy (eV)"]  # fmt: skip
    assert "†" in found.headline()
    assert set(found.structures) <= {"as-given", "complex"}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_geometry_relaxed_before_is_not_flagged(kind, runner):
    relaxed = Relaxation(bent(), GFN1, fmax=0.05).run(runner).structure
    found = QUESTIONS[kind](relaxed).run(runner)
    assert "not-relaxed" not in [f.name for f in found.flags]


def test_a_record_without_forces_is_not_taken_for_a_minimum(runner):
    from heterodot.workflows.parts.gates import geometry_gate
    from heterodot.workflows.tasks.tasks import Orbitals

    task = Orbitals(molecule("H2O"), GFN1)
    data = {"energy": 0.0, "electronic_structure": {}, "recovery": ""}
    assert task.result(data).fmax is None
    assert [f.name for f in geometry_gate(None, 0.05)] == ["not-relaxed"]


def test_only_what_is_measured_from_the_fermi_level_rests_on_it(runner):
    found = DBandCentre(metal_cluster("Cu", 2), GFN1).run(runner)
    marks = found.to_dict()["marks"]
    assert "fermi-level-in-gap" in marks["Cu d centre, occupied − E_F (eV)"]
    assert "fermi-level-in-gap" not in marks.get("Cu d centre, occupied − VBM (eV)", [])
    assert found.summary().count("fermi-level-in-gap") == 1


def test_figures_of_a_flagged_answer_carry_the_mark(runner):
    states = ElectronicStructureRun(bent(), GFN1).run(runner).plot("Cu2")
    assert states.axes[0].get_title(loc="left").endswith("†")
    curves = Bonding(bent(), GFN1, relax=False).run(runner).plot(caption="Cu2")
    bands = DBandCentre(bent(), GFN1, relax=False).run(runner).plot("Cu2")
    for figure in (states, curves, bands):
        written = " ".join(t.get_text() for t in figure.texts).replace("\n", " ")
        assert "not-relaxed" in written
        assert "†" in written


def test_rows_of_the_ase_database_carry_the_flags(runner, tmp_path):
    from ase.db import connect

    from heterodot import provenance
    from heterodot.workflows import Store
    from heterodot.workflows.study.export import export_database

    atoms = Octahedron("Cu", 3, cutoff=1)
    atoms.rattle(0.1, seed=3)
    provenance.add_flag(atoms, "toy-doubt", "a doubt of its builder")
    with Runner(tmp_path / "store", executor="serial") as own:
        Relaxation(atoms, EMT, fmax=1e-6, steps=2).run(own)
        ElectronicStructureRun(bent(), GFN1).run(own)
        Relaxation(Octahedron("Cu", 3, cutoff=1), EMT).run(own)
    export_database(Store(tmp_path / "store"), tmp_path / "all.db")
    rows = connect(tmp_path / "all.db").select()
    found = sorted(row.key_value_pairs["flags"] for row in rows)
    assert found[0] == "none"
    assert found[1].startswith("not-relaxed") or "not-relaxed" in found[1]
    assert found[2] == "toy-doubt, forces"
