"""Single points of one level at the minima of another, in tasks, questions and studies."""

import csv
import json

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule as g2
from ase.calculators.emt import EMT
from ase.cluster import Octahedron
from ase.io import write

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.data.flags import flag_names
from heterodot.errors import CapabilityError, InputError, LevelError, RefusedError, StudyError
from heterodot.structures import interface
from heterodot.workflows import (
    Adsorption,
    Bonding,
    ChargeTransfer,
    DBandCentre,
    ElectronicStructureRun,
    Hessian,
    InterfaceAdhesion,
    Orbitals,
    ReactionFreeEnergy,
    Relax,
    Relaxation,
    Runner,
    Screening,
    SinglePoint,
    Vibrations,
)
from heterodot.workflows.parts.results import LEFT
from heterodot.workflows.study import Study

LJ, EMT_LEVEL = Level("lj"), Level("emt")
COMBINED = Level("emt", geometry="lj")
OTHER = "geometry-of-other-level"
XTB = Level("gfn2-xtb", geometry="gfn1-xtb")


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    with Runner(tmp_path_factory.mktemp("store"), executor="serial") as runner:
        yield runner


@pytest.fixture(scope="module")
def copper():
    atoms = Octahedron("Cu", 2)
    atoms.rattle(0.05, seed=2)
    return atoms


@pytest.fixture(scope="module")
def reduction(runner, copper):
    return ReactionFreeEnergy(copper, 1, COMBINED, path="HER", n_starts=1).run(runner)


def emt(atoms):
    """The energy by ASE's own EMT, and its largest force."""
    atoms = atoms.copy()
    atoms.set_constraint()
    atoms.calc = EMT()
    return atoms.get_potential_energy(), np.linalg.norm(atoms.get_forces(), axis=1).max()


def test_the_name_has_the_energies_first_and_the_geometries_second():
    assert COMBINED.label == f"EMT // {LJ.label}"
    assert COMBINED.energy_level == EMT_LEVEL
    assert COMBINED.geometry_level == LJ
    assert COMBINED != EMT_LEVEL
    assert Level.from_dict(COMBINED.to_dict()) == COMBINED
    assert EMT_LEVEL.to_dict() == {"code": "emt", "protocol": "moderate", "overrides": {}}
    assert any("minima of Lennard-Jones" in text for text in COMBINED.caveats(g2("H2O")))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"geometry": "emt"}, "emt: geometry EMT: is the level itself"),
        ({"geometry": "emd"}, "emt: geometry: unknown code 'emd', did you mean 'emt'"),
        ({"geometry": 3}, "emt: geometry 3: expected a level or the name of a code"),
        ({"geometry": {"code": "lj", "geometry": "emt"}}, "takes its own geometries from another"),
        ({"geometry": "lj", "prior": "lj"}, "prior beside geometry"),
        ({"prior": COMBINED}, "expected a level by itself"),
    ],
)
def test_what_is_no_level_for_geometries_is_one_line(given, said):
    with pytest.raises(LevelError, match=said) as raised:
        Level("emt", **given)
    assert "\n" not in str(raised.value)


def test_a_charge_the_level_of_the_geometry_cannot_have_is_refused():
    anion = provenance.with_charge(Atoms("OH", [[0, 0, 0], [0, 0, 0.97]]), -1)
    Level("gfn2-xtb").check(anion)
    with pytest.raises(CapabilityError, match=r"gfn2-xtb: geometry: .*total charge"):
        Level("gfn2-xtb", geometry="sevennet").check(anion)


def test_tasks_at_a_fixed_geometry_are_those_of_the_level_of_the_energies(copper):
    for kind in (SinglePoint, Orbitals):
        assert kind(g2("H2O"), XTB).key == kind(g2("H2O"), Level("gfn2-xtb")).key
    for kind in (Relax, Hessian):
        with pytest.raises(LevelError, match="expected one level: relaxations and vibrations"):
            kind(copper, COMBINED)


def test_a_relaxation_is_shared_and_its_energy_is_the_other_levels(copper, tmp_path):
    with Runner(tmp_path, executor="serial") as runner:
        alone = Relaxation(copper, LJ).run(runner)
        found = Relaxation(copper, COMBINED).run(runner)
        assert runner.counts.computed == 2
        kinds = {(r["task"], r["level"]["code"]) for r in runner.store.records()}
    assert kinds == {("relax", "lj"), ("single-point", "emt")}
    assert np.array_equal(found.structure.positions, alone.structure.positions)
    energy, force = emt(found.structure)
    assert found.energy == pytest.approx(energy)
    assert found.fmax == alone.fmax
    assert found.quantities()[LEFT].value == pytest.approx(force)
    assert force > 0.1
    (flag,) = found.flags
    assert flag.name == OTHER
    assert f"largest force {force:.2f} eV/Å by EMT at the minimum of Lennard-Jones" in str(flag)
    assert OTHER in found.quantities()["E (eV)"].names
    assert not alone.flags


def test_an_adsorption_energy_mixes_no_levels(runner, copper):
    found = Adsorption(copper, "CO", 1, COMBINED, n_starts=1, steps=100).run(runner)
    records = runner.store.records()
    (gas,) = (r for r in records if r["label"] == "CO gas relax" and r["level"]["code"] == "lj")
    molecule = Atoms("CO", gas["result"]["positions"])
    structures = {"dot+CO": found.structure, "dot": found.clean, "CO gas": molecule}
    expected = {name: emt(atoms) for name, atoms in structures.items()}
    assert found.energies == pytest.approx({name: e for name, (e, _) in expected.items()})
    bound, *apart = found.energies.values()
    assert found.energy == pytest.approx(bound - sum(apart))
    assert found.quantities()[LEFT].value == pytest.approx(max(f for _, f in expected.values()))
    assert set(found.energy_forces) == {"clean", "adsorbed", "gas"}
    assert found.candidates[0].fmax < 0.05 < found.candidates[0].energy_force
    assert "adsorbate-changed" in flag_names(found.flags)  # where Lennard-Jones has left it
    assert json.loads(json.dumps(found.to_dict()))["energy_forces"] == found.energy_forces


def test_free_energies_have_the_vibrations_of_the_geometrys_level(runner, copper, reduction):
    alone = ReactionFreeEnergy(copper, 1, LJ, path="HER", n_starts=1).run(runner)
    for name, state in reduction.states.items():
        assert state.free_energy.energy == pytest.approx(emt(state.structure)[0])
        assert state.free_energy.frequencies == alone.states[name].free_energy.frequencies
        assert state.free_energy.model.endswith(f"; vibrations of {LJ.label}")
    for name, gas in reduction.gases.items():
        assert gas.free_energy.energy == pytest.approx(emt(gas.structure)[0])
        assert gas.free_energy.frequencies == alone.gases[name].free_energy.frequencies
    assert reduction.clean_energy == pytest.approx(emt(reduction.clean)[0])
    named = f"{COMBINED.label}, vibrations of {LJ.label}"
    assert reduction.level == reduction.diagram.level == named
    (caption,) = (t.get_text() for t in reduction.plot().texts)
    assert f"EMT // {LJ.label}" in " ".join(caption.split())
    assert f"quasi-harmonic, by {LJ.label}" in str(reduction.diagram.references)


def test_frequencies_are_those_of_the_geometrys_level(runner):
    water = g2("H2O")
    alone = Vibrations(water, Level("gfn1-xtb")).run(runner)
    found = Vibrations(water, XTB).run(runner)
    assert np.array_equal(found.frequencies, alone.frequencies)
    point = runner.run(SinglePoint(found.structure, Level("gfn2-xtb")))
    assert found.energy == pytest.approx(point.energy, abs=1e-6)
    assert found.level == f"{XTB.label}, vibrations of GFN1-xTB, 300 K"
    assert found.spectrum().level == found.level


@pytest.mark.parametrize(
    "question",
    [
        lambda atoms: ElectronicStructureRun(atoms, XTB),
        lambda atoms: DBandCentre(atoms, XTB, elements=("O",), l=1),
        lambda atoms: Bonding(atoms, XTB),
        lambda atoms: ChargeTransfer(atoms, XTB, fragments=((0, 1), (2,)), charges=(0, 0)),
    ],
)
def test_states_are_taken_at_the_other_minimum_and_say_so(runner, question):
    water = g2("H2O")
    asked = question(water)
    found = asked.run(runner)
    relaxed = runner.run(Relax(water, Level("gfn1-xtb"), 0.05, 300))
    (structure,) = found.structures.values()
    assert np.array_equal(structure.positions, relaxed.structure.positions)
    assert found.level == XTB.label
    assert found.energy_forces == {"states": pytest.approx(0.0437, abs=0.01)}
    assert OTHER not in flag_names(found.flags)  # twice the criterion is allowed
    assert "not-relaxed" not in flag_names(found.flags)
    assert any("minima of GFN1-xTB" in text for text in found.caveats)
    states = getattr(found, "electronic_structure", None)
    assert states is None or states.level["label"] == XTB.label
    if not isinstance(asked, ChargeTransfer):
        text = " ".join(t.get_text() for t in found.plot().texts)
        assert XTB.label in " ".join(text.split())


@pytest.mark.parametrize("kind", [Bonding, DBandCentre, Vibrations])
def test_a_geometry_as_given_contradicts_a_level_with_geometries(kind):
    with pytest.raises(InputError, match=r"relax False at GFN2-xTB.* // GFN1-xTB"):
        kind(Octahedron("Cu", 2), XTB, relax=False)


def test_an_interface_lies_where_the_other_level_has_it(runner):
    built = interface(
        "Ag", "Au", film_miller=(1, 1, 1), substrate_miller=(1, 1, 1), film_layers=1,
        substrate_layers=1,
    )  # fmt: skip
    for relax in (False, True):
        alone = InterfaceAdhesion(built, LJ, relax=relax, steps=20).run(runner)
        asked = InterfaceAdhesion(built, COMBINED, relax=relax, steps=20)
        found = asked.run(runner)
        assert found.gap == alone.gap
        assert np.array_equal(found.structure.positions, alone.structure.positions)
        assert found.energies["interface"] == pytest.approx(emt(found.structure)[0])
        film = found.structure[found.structure.arrays["domain"] == "film"]
        if not relax:
            assert found.energies["film, strained"] == pytest.approx(emt(film)[0])
        assert found.to_dict()["points_level"] == LJ.label
        assert "points_level" not in alone.to_dict()
        assert found.energy_forces["interface"] == pytest.approx(emt(found.structure)[1], rel=1e-4)


def test_a_funnel_ends_in_single_points(runner, copper):
    candidates = {}
    for n in range(2):
        candidates[str(n)] = copper.copy()
        candidates[str(n)].rattle(0.2, seed=n + 1)
    found = Screening(copper, (LJ, COMBINED), candidates=candidates, keep=(1,), controls=1).run(
        runner
    )
    assert found.levels == (LJ.label, COMBINED.label)
    for one in found.candidates:
        if len(one.energies) == 2:
            assert one.energies[1] == pytest.approx(emt(one.structure)[0])
    assert set(found.energy_forces) == {"best"}


def test_a_failed_single_point_is_a_failed_start(runner, copper):
    """EMT knows no tin; Lennard-Jones takes everything."""
    tin = Atoms("Sn2", [[0, 0, 0], [0, 0, 2.6]])
    with pytest.raises(RefusedError, match="emt has no parameters for Sn"):
        Relaxation(tin, COMBINED).run(runner)


STUDY = """\
heterodot: 1
systems: {cluster: {file: cluster.xyz, site: 1}}
levels:
  toy: {code: lj}
  points: {code: emt, geometry: toy}
questions:
  - relaxation: {}
    level: points
workers: 1
"""


def test_a_study_names_the_combination_in_every_table(copper, tmp_path):
    write(tmp_path / "cluster.xyz", Atoms("Cu3", copper.positions[:3]), format="extxyz")
    study = Study.parse(STUDY, tmp_path / "study.yaml")
    assert study.levels["points"] == COMBINED
    found = study.run(executor="serial")
    assert not found.errors
    assert f"EMT // {LJ.label}" in found.table()
    rows = list(csv.DictReader((found.folder / "table.csv").read_text().splitlines()))
    levels = {(row["question"], row["level"]) for row in rows}
    assert levels == {("relaxation", COMBINED.label)}
    results = json.loads((found.folder / "results.json").read_text())
    assert f"EMT // {LJ.label}" in json.dumps(results, ensure_ascii=False)
    assert LEFT in (found.folder / "table.json").read_text()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("geometry: tyo", r"levels.points.geometry: unknown code 'tyo'.*of this study \(toy\)"),
        ("geometry: emt", r"levels.points: emt: geometry EMT: is the level itself"),
        ("geometry: {code: ase, overrides: {path: 'os:system'}}", r"levels.points.geometry: ase"),
        ("geometry: {code: lj, prior: {code: ase}}", r"levels.points.geometry: ase: "),
        ("geometry: {code: lj, geometry: emt}", r"takes its own geometries from another"),
        ("geometry: nested", r"nested takes its own geometries from another"),
        ("prior: nested", r"nested takes its own geometries from another"),
        ("geometry: 7", r"levels.points.geometry: given 7"),
    ],
)
def test_a_study_says_which_geometry_is_none(entry, said, copper, tmp_path):
    text = STUDY.replace("geometry: toy", entry)
    nested = "  nested: {code: emt, overrides: {asap_cutoff: true}, geometry: toy}\nquestions:"
    if "nested" in entry:
        text = text.replace("questions:", nested)
    with pytest.raises(StudyError, match=said) as raised:
        Study.parse(text, tmp_path / "study.yaml")
    assert "\n" not in str(raised.value)


@pytest.mark.gpaw
@pytest.mark.mlip
def test_pbe_at_the_geometry_of_a_potential(tmp_path):
    """C–O of the potential's; the energy and the force left are PBE's own there."""
    level = Level("gpaw", "fast", geometry="sevennet")
    with Runner(tmp_path, executor="serial") as runner:
        found = Relaxation(Atoms("CO", [[0, 0, 0], [0, 0, 1.2]]), level, fmax=0.02).run(runner)
        point = runner.run(SinglePoint(found.structure, Level("gpaw", "fast")))
        kinds = {(r["task"], r["level"]["code"]) for r in runner.store.records()}
    assert kinds == {("relax", "sevennet"), ("orbitals", "gpaw"), ("single-point", "gpaw")}
    assert found.level == f"{Level('gpaw', 'fast').label} // SevenNet 7net-0"
    assert found.structure.get_distance(0, 1) == pytest.approx(1.14, abs=0.02)
    assert found.energy == pytest.approx(point.energy, abs=2e-3)
    left = np.linalg.norm(point.forces, axis=1).max()
    assert found.energy_forces["relaxed"] == pytest.approx(left, abs=0.05)
    assert ("geometry-of-other-level" in flag_names(found.flags)) == (left > 0.04)
