"""Structures as callers and files give them: what they say is what is calculated."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111
from ase.constraints import FixAtoms
from ase.db import connect

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.errors import InputError, StructureError
from heterodot.structures import add_adsorbate, metal_cluster
from heterodot.workflows import (
    ChargeTransfer,
    ElectronLocalisation,
    Relax,
    Relaxation,
    SinglePoint,
    Vibrations,
)
from heterodot.workflows.parts.fragments import fragment_indices
from heterodot.workflows.parts.gates import adsorbate_record
from heterodot.workflows.study.export import export_database, structure_from_row
from heterodot.workflows.tasks.computing.serialization import structure_from_dict, structure_to_dict


def hydroxide(**info):
    atoms = Atoms("OH", [[0, 0, 0], [0, 0, 0.97]])
    atoms.info.update(info)
    return atoms


@pytest.mark.parametrize("info", [{"charge": -1}, {"total_charge": -1.0}])
def test_a_charge_in_info_is_calculated_and_keyed(serial, info):
    level = Level("gfn1-xtb")
    recorded = SinglePoint(provenance.with_charge(hydroxide(), -1), level)
    stated = SinglePoint(hydroxide(**info), level)
    assert stated.key == recorded.key != SinglePoint(hydroxide(), level).key
    assert serial.run(stated).charges.sum() == pytest.approx(-1, abs=1e-3)
    sent = structure_from_dict(structure_to_dict(stated.atoms))  # to a worker elsewhere
    assert provenance.total_charge(sent) == -1


def test_two_charges_are_refused():
    atoms = provenance.with_charge(hydroxide(), -1)
    atoms.info["charge"] = 1
    with pytest.raises(InputError, match=r"charge -1 e in the record .* \+1 e beside it"):
        SinglePoint(atoms, Level("gfn1-xtb")).key  # noqa: B018 - the key is what is refused


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("positions", r"positions of atom 1 \(H\) is \[nan, 0\.0, 0\.97\]: expected finite"),
        ("moments", r"initial_magmoms of atom 0 \(O\) is inf: expected finite"),
        ("cell", "cell .*nan.*expected finite"),
    ],
)
def test_numbers_that_are_none_are_named(serial, broken, words):
    atoms = hydroxide()
    if broken == "positions":
        atoms.positions[1, 0] = np.nan
    elif broken == "moments":
        atoms.set_initial_magnetic_moments([np.inf, 0])
    else:
        atoms.cell = [[np.nan, 0, 0], [0, 9, 0], [0, 0, 9]]
    with pytest.raises(InputError, match=words):
        Relaxation(atoms, Level("gfn1-xtb")).run(serial)


def test_a_setting_that_is_no_number_is_named(serial):
    with pytest.raises(InputError, match=r"fmax inf: expected a finite number"):
        serial.run(Relax(hydroxide(charge=-1), Level("gfn1-xtb"), fmax=float("inf")))


def test_shared_sites_are_not_calculated():
    atoms = Atoms("InS", [[0, 0, 0], [2.4, 0, 0]])
    atoms.info["occupancy"] = {"0": {"Cu": 0.5, "In": 0.5}}
    with pytest.raises(StructureError, match=r"occupied in part \(Cu 0\.5, In 0\.5\)"):
        SinglePoint(atoms, Level("emt")).key  # noqa: B018 - the key is what is refused


def co_on_copper():
    slab = fcc111("Cu", (2, 2, 2), vacuum=8.0)
    slab.info = {}
    molecule = Atoms("CO", [[0, 0, 1.85], [0, 0, 3.0]])
    molecule.translate(slab.positions[-1])
    return slab + molecule


def test_all_who_ask_for_the_adsorbate_get_the_guess():
    atoms = co_on_copper()
    assert fragment_indices(atoms, "adsorbate") == {"CO": [8, 9], "rest": list(range(8))}
    assert adsorbate_record(atoms)["site"] == 7
    alone = atoms[:8]
    with pytest.raises(InputError, match="no molecule of H, C, N, O on a host of others"):
        fragment_indices(alone, "adsorbate")


def test_a_guessed_adsorbate_is_flagged(serial):
    atoms = co_on_copper()
    found = Vibrations(atoms, Level("emt"), indices="adsorbate", relax=False).run(serial)
    assert found.indices == (8, 9)
    assert [f.message for f in found.flags if f.name == "adsorbate-guessed"] == [
        "taken for the adsorbate: CO, atoms 8, 9, nearest to Cu7; guessed from the bonds, for none "
        "is recorded"
    ]
    relaxed = Relaxation(atoms, Level("emt"), steps=1).run(serial)
    assert "adsorbate-guessed" in [f.name for f in relaxed.flags]


def test_charge_transfer_of_a_guessed_adsorbate_is_that_of_the_recorded(serial):
    placed = add_adsorbate(metal_cluster("Cu", 4), 0, "CO")
    bare = Atoms(placed.symbols, placed.positions)
    level = Level("gfn1-xtb")
    recorded = ChargeTransfer(placed, level).run(serial)
    guessed = ChargeTransfer(bare, level).run(serial)
    for kind, transfer in recorded.transfers["CO"].items():
        same = guessed.transfers["CO"][kind].electrons_gained
        assert same == pytest.approx(transfer.electrons_gained)
    assert "adsorbate-guessed" in [f.name for f in guessed.flags]
    assert "adsorbate-guessed" not in [f.name for f in recorded.flags]


def test_the_focus_may_be_guessed():
    if Level("gpaw").capabilities.localisation:
        assert ElectronLocalisation(co_on_copper(), Level("gpaw")).focus == (8, 9)


def test_ase_db_shows_calculator_and_charge(serial, tmp_path):
    atoms = provenance.with_charge(hydroxide(), -1)
    atoms.set_constraint(FixAtoms([0]))
    result = serial.run(SinglePoint(atoms, Level("gfn1-xtb")))
    export_database(serial.store, tmp_path / "all.db")
    (row,) = connect(tmp_path / "all.db").select(calculator="gfn1-xtb")
    assert row.charge == pytest.approx(-1)
    assert row.energy == pytest.approx(result.energy)
    np.testing.assert_allclose(row.charges, result.charges)
    assert row.calculator_parameters
    listed = subprocess.run(
        [sys.executable, "-m", "ase", "db", str(tmp_path / "all.db"), "-c", "+total_charge"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    head, line = listed.splitlines()[:2]
    shown = dict(zip(head.split("|"), line.split("|"), strict=True))
    shown = {k.strip(): v.strip() for k, v in shown.items()}
    assert shown["calculator"] == "gfn1-xtb"
    assert int(shown["total_charge"]) == -1
    assert float(shown["energy"]) == pytest.approx(result.energy, abs=1e-3)
    back = structure_from_row(row)
    assert provenance.total_charge(back) == -1
    assert back.constraints[0].get_indices().tolist() == [0]
    assert back.info == atoms.info
    assert SinglePoint(back, Level("gfn1-xtb")).key == SinglePoint(atoms, Level("gfn1-xtb")).key


def test_moments_survive_the_database(serial, tmp_path):
    atoms = Atoms("O2", [[0, 0, 0], [0, 0, 1.21]], magmoms=[1, 1])
    serial.run(SinglePoint(atoms, Level("gfn1-xtb")))
    export_database(serial.store, tmp_path / "all.json")
    (row,) = connect(tmp_path / "all.json").select()
    assert row.calculator == "gfn1-xtb"
    assert structure_from_row(row).arrays["initial_magmoms"].tolist() == [1, 1]


def test_rows_of_others_say_their_charge_and_spin(tmp_path):
    with connect(tmp_path / "theirs.db") as database:
        database.write(hydroxide(), total_charge=-1)
        database.write(Atoms("O2", [[0, 0, 0], [0, 0, 1.2]]), multiplicity=3)
    first, second = (structure_from_row(row) for row in connect(tmp_path / "theirs.db").select())
    assert provenance.total_charge(first) == -1
    assert provenance.details(second)["unpaired_electrons"] == 2


def test_a_multiplicity_in_info_is_calculated(serial):
    """GFN1-xTB puts the triplet of O2 below the singlet, as nature does."""
    level = Level("gfn1-xtb")
    oxygen = Atoms("O2", [[0, 0, 0], [0, 0, 1.21]])
    triplet = oxygen.copy()
    triplet.info["multiplicity"] = 3
    recorded = oxygen.copy()
    provenance.update(recorded, unpaired_electrons=2)
    task = SinglePoint(triplet, level)
    assert task.key == SinglePoint(recorded, level).key != SinglePoint(oxygen, level).key
    assert serial.run(task).energy < serial.run(SinglePoint(oxygen, level)).energy
    triplet.info["multiplicity"] = 2
    with pytest.raises(InputError, match="multiplicity 2 does not fit O2"):
        SinglePoint(triplet, level)
