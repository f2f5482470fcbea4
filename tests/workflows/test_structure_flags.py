"""A flag on a structure is a flag of every answer about it, whatever is asked."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.cluster import Octahedron
from ase.constraints import FixAtoms

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.structures import (
    add_adsorbate,
    core_shell,
    crystal,
    interface,
    metal_cluster,
    molecule,
    oxidize_interface,
    passivate,
)
from heterodot.workflows import (
    Adsorption,
    BandAlignment,
    Bonding,
    CellRelaxation,
    ChargeTransfer,
    CO2Adsorption,
    CO2Reduction,
    DBandCentre,
    ElasticTensor,
    ElectronicStructureRun,
    ElectronLocalisation,
    ElectronTransfer,
    EquationOfState,
    GapAlong,
    GapFluctuation,
    HalideDefects,
    HalideDiffusion,
    InterfaceAdhesion,
    InterfaceRepair,
    MolecularDynamics,
    Phonons,
    QuasiHarmonic,
    ReactionFreeEnergy,
    ReactionPathSearch,
    Relaxation,
    Runner,
    Screening,
    Vibrations,
)
from heterodot.workflows.questions.registry import question_kinds

EMT, LJ, GFN1, GFN2 = (Level(code) for code in ("emt", "lj", "gfn1-xtb", "gfn2-xtb"))
WORDS = "a doubt of its builder"
FLAG = f"toy-doubt: {WORDS}"


def flagged(atoms):
    new = atoms.copy()
    provenance.add_flag(new, "toy-doubt", WORDS)
    return new


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    with Runner(tmp_path_factory.mktemp("store"), executor="serial") as runner:
        yield runner


def copper():
    return Octahedron("Cu", 3, cutoff=1)


def water():
    return flagged(molecule("H2O"))


def alloys():
    found = {}
    for i in (1, 2, 3):
        one = copper()
        one.numbers[[0, i]] = 79
        found[str(i)] = flagged(one)
    return found


QUESTIONS = {
    "relaxation": lambda: Relaxation(flagged(copper()), EMT),
    "vibrations": lambda: Vibrations(flagged(copper()), EMT, indices=(0,)),
    "adsorption": lambda: Adsorption(flagged(copper()), "CO", 1, EMT, n_starts=1, steps=30),
    "co2_adsorption": lambda: CO2Adsorption(flagged(copper()), 1, EMT, n_starts=1, steps=30),
    "co2_reduction": lambda: CO2Reduction(flagged(copper()), 1, EMT, n_starts=1, steps=30),
    "reaction": lambda: ReactionFreeEnergy(
        flagged(copper()), 1, EMT, path="HER", n_starts=1, steps=30
    ),
    "screening": lambda: Screening(copper(), (EMT, LJ), candidates=alloys(), keep=(1,), controls=0),
    "interface_adhesion": lambda: InterfaceAdhesion(
        flagged(
            interface(
                "Ag", "Au", film_miller=(1, 1, 1), substrate_miller=(1, 1, 1),
                film_layers=2, substrate_layers=2,
            )
        ),
        EMT,
        offsets=(0.0,),
    ),
    "d_band_centre": lambda: DBandCentre(flagged(metal_cluster("Cu", 2)), GFN1),
    "bonding": lambda: Bonding(water(), GFN1),
    "electronic_structure": lambda: ElectronicStructureRun(water(), GFN1),
    "band_alignment": lambda: BandAlignment(
        water(), Level("gpaw", "fast", {"vacuum": 3.0}), scale="vacuum"
    ),
    "charge_transfer": lambda: ChargeTransfer(
        add_adsorbate(flagged(metal_cluster("Cu", 2)), 0, "CO"), GFN1
    ),
    "electron_localisation": lambda: ElectronLocalisation(
        water(), Level("gpaw", "fast", {"vacuum": 3.0}), focus=(0,)
    ),
    "cell_relaxation": lambda: CellRelaxation(flagged(bulk("Cu")), EMT),
    "equation_of_state": lambda: EquationOfState(flagged(bulk("Cu", a=3.59)), EMT, points=5),
    "elastic_tensor": lambda: ElasticTensor(flagged(bulk("Cu", cubic=True, a=3.59)), EMT),
    "phonons": lambda: Phonons(flagged(bulk("Cu", a=3.59)), EMT, supercell=(2, 2, 2)),
    "quasi_harmonic": lambda: QuasiHarmonic(
        flagged(bulk("Cu", a=3.59)), EMT, supercell=(2, 2, 2)
    ),
    "dynamics": lambda: MolecularDynamics(flagged(copper()), EMT, steps=40),
    "gap_along": lambda: GapAlong(flagged(molecule("H2O")), (GFN1,), steps=20, snapshot=10),
    "gap_fluctuation": lambda: GapFluctuation(
        flagged(molecule("H2O")), GFN1, relax=False, equilibration=0, steps=40, timestep=0.5
    ),
    "electron_transfer": lambda: ElectronTransfer(
        flagged(two_molecules()), GFN2, relax=False, equilibration=0, steps=40, timestep=0.5,
        states_kept=2, starts=2, trajectories=5, time=20.0,
    ),
    "interface_repair": lambda: InterfaceRepair(flagged(oxidised()), LJ, steps=2),
    "reaction_path": lambda: ReactionPathSearch(
        flagged(ammonia(0.38)), ammonia(-0.38), GFN1, images=1, relax_ends=False,
        vibrations="none", surrogate="none", interpolation="linear", steps=3,
    ),
    "halide_defects": lambda: HalideDefects(
        flagged(crystal("ZnS")), LJ, charges=(0,), supercell=(1, 1, 1), lattice="given", steps=3
    ),
    "halide_diffusion": lambda: HalideDiffusion(
        flagged(crystal("ZnS")), LJ, mechanisms=("interstitial",), supercell=(1, 1, 1),
        lattice="given", formation=False, images=1, surrogate="none", vibrations="none", steps=3,
    ),
}  # fmt: skip


def oxidised():
    """InP/ZnS of 38 atoms and its chlorides, two oxygens at the interface."""
    dot = core_shell("InP", radius=3.0, shells=["ZnS:1ml"], lattice="relaxed")
    return passivate(oxidize_interface(dot, count=2, order="spread"), "Cl")


def ammonia(height):
    """NH3 with N at the origin and H so far above it, Å."""
    turns = 2 * np.pi * np.arange(3) / 3
    away = np.sqrt(1.02**2 - height**2)
    ring = np.column_stack([away * np.cos(turns), away * np.sin(turns), np.full(3, height)])
    return Atoms("NH3", [[0, 0, 0], *ring], constraint=FixAtoms([0]))


def two_molecules():
    """CO and N2, 4 Å apart, as two domains."""
    atoms = molecule("CO")
    atoms.set_array("domain", np.array(["CO"] * len(atoms)))
    other = molecule("N2")
    other.set_array("domain", np.array(["N2"] * len(other)))
    other.positions += [4.0, 0, 0]
    return atoms + other


def of_kind(kind):
    marks = [pytest.mark.gpaw] if kind in ("band_alignment", "electron_localisation") else []
    return pytest.param(kind, marks=marks)


TOO_DEAR = {"reaction_step"}
"""Several paths each; what they answer is read off the results of ``reaction_path``."""


def test_every_kind_of_question_is_here():
    assert set(QUESTIONS) | TOO_DEAR == set(question_kinds())


@pytest.mark.parametrize("kind", [of_kind(kind) for kind in QUESTIONS])
def test_every_answer_carries_the_flags_of_its_structure(kind, runner):
    answer = QUESTIONS[kind]().run(runner)
    assert [str(f) for f in answer.flags].count(FLAG) == 1
    assert answer.summary().count(FLAG) == 1
    assert {"name": "toy-doubt", "message": WORDS} in answer.to_dict()["flags"]
    json.dumps(answer.to_dict(), allow_nan=False)
    assert all(provenance.flags(atoms) == [FLAG] for atoms in answer.structures.values())
