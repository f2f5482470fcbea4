"""A committee: the mean of its members, known by what they are."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from heterodot.calculators import Level
from heterodot.errors import LevelError, RefusedError
from heterodot.provenance import with_charge
from heterodot.workflows.tasks.tasks import SinglePoint

EMT, ASAP = {"code": "emt"}, {"code": "emt", "overrides": {"asap_cutoff": True}}
COPPER = bulk("Cu", cubic=True)
COPPER.rattle(0.05, seed=3)


def committee(*members: object) -> Level:
    return Level("committee", overrides={"members": list(members)})


def test_energy_forces_and_stress_are_the_means_of_the_members():
    atoms = COPPER.copy()
    atoms.calc = committee("emt", "lj").calculator(atoms)
    energy, forces, stress = (
        atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress(),
    )  # fmt: skip
    alone = []
    for code in ("emt", "lj"):
        one = COPPER.copy()
        one.calc = Level(code).calculator(one)
        alone.append(one)
    assert energy == pytest.approx(np.mean([one.get_potential_energy() for one in alone]))
    np.testing.assert_allclose(forces, np.mean([one.get_forces() for one in alone], 0))
    np.testing.assert_allclose(stress, np.mean([one.get_stress() for one in alone], 0))


def test_it_is_known_by_its_members_in_any_order():
    one, other = committee(EMT, ASAP), committee(ASAP, EMT)
    assert SinglePoint(COPPER, one).key == SinglePoint(COPPER, other).key
    assert SinglePoint(COPPER, one).key != SinglePoint(COPPER, committee("emt", "lj")).key
    assert committee("emt", "lj").identity == committee({"code": "lj"}, {"code": "emt"}).identity
    assert list(one.implementation.members(one.settings)) == ["EMT", "EMT (2)"]
    precise = Level("committee", "precise", {"members": ["gfn1-xtb", "gfn2-xtb"]})
    assert {m["protocol"] for m in precise.settings["members"]} == {"precise"}
    assert Level.from_dict(precise.to_dict()) == precise


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (["emt"], "expected two or more"),
        (["emt", EMT], "EMT twice"),
        (["emt", "committee"], "name its own members"),
        (["emt", "ljj"], "did you mean 'lj'"),
        (["emt", 3], "expected the name of a code, or a mapping"),
        (["emt", {"code": "lj", "overrides": {"sigmma": 2.0}}], "did you mean 'sigma'"),
        (["emt", {"code": "lj", "ranks": 2}], "code, protocol and overrides"),
        ("emt", "expected list"),
    ],
)
def test_what_is_no_committee_is_one_line(members, said):
    with pytest.raises(LevelError, match=said) as raised:
        Level("committee", overrides={"members": members})
    assert "\n" not in str(raised.value)


def test_it_can_what_all_members_can():
    xtb, mixed = committee("gfn1-xtb", "gfn2-xtb"), committee("gfn1-xtb", "emt")
    ion = with_charge(Atoms("OH", [[0, 0, 0], [0, 0, 0.97]]), -1)
    assert xtb.capabilities.charge
    assert xtb.capabilities.native
    assert not mixed.capabilities.charge
    assert xtb.knows_electrons
    assert not committee("emt", "lj").knows_electrons
    xtb.check(ion)
    with pytest.raises(LevelError, match="emt cannot treat a total charge"):
        mixed.check(ion)
    with pytest.raises(RefusedError, match="no parameters for W"):
        mixed.check(Atoms("W"))
    assert any("lowest spin" in text for text in mixed.caveats(molecule("CO")))
    assert any("what all were trained on alike" in text for text in mixed.caveats(molecule("CO")))


def test_a_study_names_no_member_it_could_not_name_alone():
    code = Level("committee").implementation
    assert "ase" in code.study_complaint({"members": ["ase", "emt"]})
    there = {"code": "chgnet", "overrides": {"model": "/tmp/mine.pth.tar"}}
    assert "can run code" in code.study_complaint({"members": [there, "emt"]})
    assert not code.study_complaint({"members": ["sevennet", "chgnet"]})
    assert not code.study_complaint({})


def test_it_runs_where_its_members_do(monkeypatch):
    from importlib import metadata

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("heterodot.calculators.potentials.potential.metadata.version", missing)
    assert not Level("committee").availability.available
    assert "make mlip" in Level("committee").availability.detail
