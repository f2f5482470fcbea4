"""Each gate lets the sound structure through and names the broken one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111, molecule
from ase.cluster import Octahedron
from ase.constraints import FixAtoms

from heterodot import provenance
from heterodot.analysis import spin_populations
from heterodot.analysis.figures.style import captions_of
from heterodot.calculators import Level
from heterodot.errors import CalculationError, CrashError, StoreError, StructureError
from heterodot.structures import (
    add_adsorbate,
    check_cluster,
    crystal,
    magic_size_cluster,
    passivate,
    pyramid,
)
from heterodot.workflows import ElectronicStructureRun, Failed, Orbitals, Relaxation
from heterodot.workflows.parts.candidates import (
    Candidate,
    choice_flags,
    prepare_site,
    relax_candidates,
)
from heterodot.workflows.parts.gates import (
    adsorbate_gates,
    adsorbate_record,
    electronic_gates,
    force_gate,
    frequency_gates,
    severity,
)
from heterodot.workflows.tasks.computing.reconstruction import (
    aligned_displacements,
    reconstruction_gate,
)
from heterodot.workflows.tasks.results import HessianResult


def names(flags) -> list[str]:
    return [flag.name for flag in flags]


@pytest.fixture(scope="module")
def dot() -> Atoms:
    """T2 CuInS2 with a bare copper at its apex, closed with hydrogen."""
    return passivate(pyramid(crystal("CuInS2"), 2, truncate_corners="apex", apex="Cu"))


@pytest.fixture(scope="module")
def site(dot) -> int:
    copper = [i for i in range(len(dot)) if dot.symbols[i] == "Cu"]
    return max(copper, key=lambda i: dot.positions[i, 2])


def test_an_adsorbate_that_stayed_passes(dot, site):
    for species in ("CO", "COOH"):
        start = add_adsorbate(dot, site, species)
        assert adsorbate_gates(start, start.copy()) == ()


def test_a_broken_bond_is_named(dot, site):
    start = add_adsorbate(dot, site, "COOH")
    own = adsorbate_record(start)["indices"]
    hydrogen = next(i for i in own if start.symbols[i] == "H")
    oxygen = min(
        (i for i in own if start.symbols[i] == "O"), key=lambda i: start.get_distance(i, hydrogen)
    )
    broken = start.copy()
    broken.positions[hydrogen] += 3 * (broken.positions[hydrogen] - broken.positions[oxygen])
    (flag,) = adsorbate_gates(start, broken)
    assert flag.name == "adsorbate-changed"
    assert f"lost O{oxygen}–H{hydrogen}" in flag.message


def test_a_hydrogen_taken_from_the_dot_is_named(dot, site):
    start = add_adsorbate(dot, site, "CO")
    oxygen = adsorbate_record(start)["indices"][1]
    taken = start.copy()
    thief = next(i for i in range(len(dot)) if dot.symbols[i] == "H")
    taken.positions[thief] = taken.positions[oxygen] + [0, 0, 0.97]
    (flag,) = adsorbate_gates(start, taken)
    assert flag.name == "adsorbate-changed"
    assert f"H{thief}" in flag.message


def test_moving_to_another_atom_and_leaving_are_told_apart(dot, site):
    start = add_adsorbate(dot, site, "CO")
    own = adsorbate_record(start)["indices"]
    gone, elsewhere = start.copy(), start.copy()
    gone.positions[own] += [0, 0, 4.0]
    assert names(adsorbate_gates(start, gone)) == ["physisorbed"]
    other = next(i for i in range(len(dot)) if dot.symbols[i] == "Cu" and i != site)
    away = dot.positions[other] - dot.positions.mean(axis=0)
    carbon = dot.positions[other] + 1.9 * away / np.linalg.norm(away)
    elsewhere.positions[own] += carbon - elsewhere.positions[own[0]]
    (flag,) = adsorbate_gates(start, elsewhere)
    assert flag.name == "adsorbate-moved"
    assert f"not to its site Cu{site}" in flag.message


def test_a_structure_without_a_record_is_refused(dot):
    with pytest.raises(StructureError, match="add_adsorbate"):
        adsorbate_gates(dot, dot)


def test_reconstruction_is_seen_whatever_the_orientation(dot):
    turned = dot.copy()
    turned.rotate(73, (1, 2, 3))
    turned.positions += [4, -2, 1]
    assert aligned_displacements(dot, turned).max() < 1e-9
    assert reconstruction_gate(dot, turned, "dot") == ()
    rattled = turned.copy()
    rattled.rattle(0.05, seed=1)
    assert reconstruction_gate(dot, rattled, "dot") == ()
    broken = turned.copy()
    metal = next(i for i in range(len(dot)) if dot.symbols[i] == "In")
    broken.positions[metal] += [0, 0, 6.0]
    (flag,) = reconstruction_gate(dot, broken, "dot")
    assert flag.name == "reconstructed"
    assert f"In{metal}" in flag.message
    assert "an atom moved" in flag.message


def test_a_mirror_image_is_not_the_same_dot():
    chiral = Atoms("CHFClBr", [[0, 0, 0], [0, 0, 1.1], [1.3, 0, -0.4], [-0.8, 1.5, -0.6],
                               [-0.9, -1.6, -0.6]])  # fmt: skip
    mirrored = chiral.copy()
    mirrored.positions[:, 0] *= -1
    assert aligned_displacements(chiral, mirrored).max() > 0.3


def test_periodic_displacements_take_the_nearest_image():
    slab = fcc111("Cu", (2, 2, 2), vacuum=6)
    shifted = slab.copy()
    shifted.positions[0] += slab.cell[0]
    assert aligned_displacements(slab, shifted).max() < 1e-9


def test_forces_above_the_criterion_are_flagged():
    assert force_gate(0.049, 0.05, "x") == ()
    (flag,) = force_gate(0.12, 0.05, "clean dot")
    assert str(flag) == "forces: clean dot: largest force 0.120 eV/Å, criterion 0.05"


def test_electrons_that_went_missing_and_a_closed_gap_are_flagged(serial):
    states = serial.run(Orbitals(molecule("H2O"), Level("gfn1-xtb"))).electronic_structure
    water = molecule("H2O")
    assert electronic_gates(states, water) == ()
    assert names(electronic_gates(replace(states, n_electrons=9.0), water)) == ["electron-count"]
    squeezed = replace(states, energies=states.energies * 1e-3)
    assert names(electronic_gates(squeezed, water)) == ["no-gap"]


@pytest.mark.parametrize("charge", [1, 2, 4])
def test_a_charged_dot_whose_top_levels_share_electrons_has_no_gap(serial, charge):
    """The top of ZnS T3 is threefold (T symmetry of the dot): 5, 4 or 2 electrons leave no gap."""
    dot = passivate(pyramid("ZnS", 3), "H")
    neutral = ElectronicStructureRun(dot, Level("gfn1-xtb")).run(serial)
    assert names(neutral.flags) == ["not-relaxed"]
    assert neutral.electronic_structure.gap > 1.0
    found = ElectronicStructureRun(
        provenance.with_charge(dot, charge), Level("gfn1-xtb"), reference="fermi"
    ).run(serial)
    assert "no-gap" in names(found.flags)
    assert found.data()["gap"] == 0.0
    assert "no gap" in found.headline()
    assert any(text.startswith("no gap") for text in found.caveats)
    (said,) = [line for line in found.summary().splitlines() if "frontier levels" in line]
    assert said.startswith("flag no-gap: ")  # once, not as a caveat too
    figure = found.plot()
    assert "no gap" in captions_of(figure)[1]


def test_a_hole_that_left_its_copper_is_flagged(serial):
    """The unpaired electron of CuO sits on oxygen and copper, none on the hydrogen far away."""
    radical = Atoms("CuOHe", [[0, 0, 0], [0, 0, 1.75], [9, 0, 0]])
    states = serial.run(Orbitals(radical, Level("gfn1-xtb"))).electronic_structure
    spins = spin_populations(states)
    assert spins.sum() == pytest.approx(1.0, abs=1e-3)
    assert spins[2] == pytest.approx(0.0, abs=1e-3)
    for site in (0, 2):
        provenance.update(radical, defect_type={"kind": "C", "hole_site": site})
        found = [f for f in electronic_gates(states, radical) if f.name == "hole-elsewhere"]
        assert bool(found) == (site == 2)
    assert f"on He2, where the hole was made: {spins[2]:.2f}" in str(found[0])


def candidate(energy: float, *flags) -> Candidate:
    return Candidate("start", Atoms("CO"), energy, 0.01, 10, tuple(flags))


def test_the_best_candidate_is_the_soundest_then_the_lowest(dot, site):
    start = add_adsorbate(dot, site, "CO")
    gone = start.copy()
    gone.positions[adsorbate_record(start)["indices"]] += [0, 0, 4.0]
    physisorbed = adsorbate_gates(start, gone)
    assert severity(physisorbed) == 0  # far away is still the molecule asked for
    changed = force_gate(1, 0.05, "x")
    assert severity(changed) > 0
    sound, lower = candidate(-1.0), candidate(-2.0, *changed)
    assert choice_flags([sound, candidate(-0.5)]) == ()
    (flag,) = choice_flags([sound, lower])
    assert flag.name == "lower-minimum"
    assert "1.00 eV lower" in flag.message


def test_a_soft_imaginary_mode_of_a_free_structure_is_flagged():
    """Six modes are translations and rotations; a seventh small one is a vibration."""
    still = HessianResult(np.zeros((0, 0)), (), 0.0, 0.0, 0.0)
    external = [-40.0, -3.0, 0.0, 0.1, 2.0, 5.0]
    assert frequency_gates(still, np.array([*external, 300.0, 400.0]), 0.02, 6) == ()
    (flag,) = frequency_gates(still, np.array([-60.0, *external, 300.0]), 0.02, 6)
    assert str(flag) == "imaginary-mode: 1 imaginary, the largest 60i cm⁻¹"
    assert names(frequency_gates(still, np.array([-5.0, 50.0, 60.0]), 0.02, 0)) == [
        "imaginary-mode"
    ]
    lost = frequency_gates(still, np.array([-150.0, *external[1:]]), 0.02, 6)
    assert names(lost) == ["imaginary-mode"]


class SomeFail:
    """A runner whose first tasks fail."""

    def __init__(self, serial, *errors):
        self.serial, self.errors = serial, errors

    def outcomes(self, tasks):
        tasks = list(tasks)
        failed = [Failed(error, task) for error, task in zip(self.errors, tasks, strict=False)]
        return [*failed, *self.serial.outcomes(tasks[len(self.errors) :])]


def test_a_start_that_failed_is_named(serial, monkeypatch):
    copper = Octahedron("Cu", 3)
    copper = Atoms(copper.numbers, copper.positions)
    settings = {"n_starts": 2, "fmax": 0.05, "steps": 100, "name": "x"}
    broken = SomeFail(serial, CrashError("gpaw died (SIGSEGV)"))
    (best,) = relax_candidates(broken, copper, 0, "CO", Level("emt"), **settings)
    assert "start-failed: 1 of 2 starts failed" in str(best.flags[-1])
    assert "SIGSEGV" in str(choice_flags([best])[-1])

    nothing = SomeFail(serial, *[CrashError("gpaw died")] * 2)
    with pytest.raises(CalculationError, match="all 2 starts of CO failed"):
        relax_candidates(nothing, copper, 0, "CO", Level("emt"), **settings)

    def full(*_, **__):
        raise StoreError("no space left")

    monkeypatch.setattr("heterodot.workflows.running.runner.execute", full)
    with pytest.raises(StoreError, match="no space"):
        relax_candidates(serial, copper, 0, "COOH", Level("emt"), **settings)


def test_far_atoms_are_held(dot, site):
    held = prepare_site(dot, site, 3.0)
    fixed = held.constraints[0].index
    near = np.flatnonzero(dot.get_distances(site, range(len(dot))) <= 3.0)
    assert set(fixed) == set(range(len(dot))) - set(near)
    assert not dot.constraints
    assert not prepare_site(dot, site, None).constraints
    near_one = dot.copy()
    near_one.set_constraint(FixAtoms(indices=[int(near[-1])]))
    assert near[-1] in prepare_site(near_one, site, 3.0).constraints[0].index
    with pytest.raises(StructureError, match="leaves no atom free"):
        prepare_site(dot, site, -1.0)


def test_a_covered_structure_is_judged_as_one(serial):
    """A CO out of reach of its copper is no adsorbate; the copper below is still itself."""
    for height, expected in ((1.9, []), (8.0, ["physisorbed"])):
        covered = add_adsorbate(Octahedron("Cu", 3), 0, "CO", height=height)
        result = Relaxation(covered, Level("emt"), fmax=0.1, steps=60).run(serial)
        assert names(result.flags) == expected


def test_a_magic_size_cluster_that_breaks_is_flagged(serial):
    """Lennard-Jones knows no ions: it draws the cage together, like ions and all."""
    cage = magic_size_cluster("ZnS", 12)
    sigma = Level("lj", overrides={"sigma": 2.6, "epsilon": 0.5, "rc": 8.0})
    broken = Relaxation(cage, sigma, fmax=0.05, steps=60).run(serial)
    assert {flag.message for flag in broken.flags if flag.name == "cluster-broken"} == set(
        check_cluster(broken.structure)
    )
    assert "cluster-broken" in names(broken.flags)
    sound = Relaxation(cage, Level("gfn1-xtb"), fmax=0.1).run(serial)
    assert names(sound.flags) == []
