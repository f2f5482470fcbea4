"""The bonding question: restartable, in a study, refused where there are no orbitals."""

from __future__ import annotations

import json

import pytest
from ase.build import molecule

from heterodot.calculators import Level
from heterodot.errors import CapabilityError, InputError
from heterodot.structures import crystal, passivate, pyramid
from heterodot.workflows import Bonding, LocalBonding, Runner
from heterodot.workflows.study import Study
from heterodot.workflows.tasks.kinds import task_from_dict

GFN1 = Level("gfn1-xtb")


def test_bonds_of_methanol(serial):
    found = Bonding(molecule("CH3OH"), GFN1, name="methanol").run(serial)
    kinds = {kind.label: kind for kind in found.kinds}
    assert set(kinds) == {"C–H", "O–C", "O–H"}
    assert kinds["C–H"].count == 3
    for kind in kinds.values():
        assert kind.order == pytest.approx(1.0, abs=0.15)
        assert kind.icohp < -5
    assert found.cohp.labels == ("C–H", "O–C", "O–H")
    assert found.cohp.integrals["O–C"] == pytest.approx(found.icohp.elements("O", "C"))
    assert found.flags == ()
    assert "mean ICOHP" in found.summary()
    json.dumps(found.to_dict(), allow_nan=False)


def test_stored_once_and_read_back(tmp_path):
    events = []
    atoms = molecule("N2")
    for _ in range(2):
        with Runner(tmp_path, workers=1, on_event=events.append) as runner:
            found = Bonding(atoms, GFN1, pairs=(("N p", "N p"), ("0", "1")), relax=False).run(
                runner
            )
        assert found.mayer.pair(0, 1) == pytest.approx(3.0, abs=1e-6)
        assert list(found.cohp.integrals) == ["N p–N p", "N0–N1"]
    kinds = [event.kind for event in events]
    assert kinds.count("finished") == 1
    assert kinds.count("cached") == 1


def test_task_round_trip():
    task = LocalBonding(molecule("N2"), GFN1, (("N", "N"),), (-10, 2), 0.2)
    again = task_from_dict(json.loads(json.dumps(task.to_dict())))
    assert again.key == task.key
    assert LocalBonding(molecule("N2"), GFN1, (("N s", "N"),)).key != task.key
    for settings in ({"window": (2, -2)}, {"width": 0.0}, {"width": float("nan")}):
        with pytest.raises(InputError):
            LocalBonding(molecule("N2"), GFN1, (("N", "N"),), **settings)


def test_a_dots_bonds(serial):
    dot = passivate(pyramid(crystal("CuInS2"), 2, truncate_corners="apex", apex="Cu"))
    found = Bonding(dot, GFN1, relax=False).run(serial)
    kinds = {kind.label: kind for kind in found.kinds}
    assert {"Cu–S", "In–S", "S–H"} <= set(kinds)
    for label in ("Cu–S", "In–S"):
        assert kinds[label].icohp < 0
        assert 0.2 < kinds[label].order < 1.2


def test_refusals():
    with pytest.raises(CapabilityError, match="local orbitals"):
        Bonding(molecule("N2"), Level("emt"))
    with pytest.raises(CapabilityError, match="mode 'lcao'"):
        Bonding(molecule("N2"), Level("gpaw", overrides={"mode": "pw", "ecut": 300.0}))
    for pairs in ((), ("Cu S",), (("N",),)):
        with pytest.raises(InputError, match="expected pairs"):
            Bonding(molecule("N2"), GFN1, pairs=pairs)


def test_one_atom_has_no_bonds(serial):
    from ase import Atoms

    with pytest.raises(InputError, match="no two atoms are bonded"):
        Bonding(Atoms("Ne"), GFN1, relax=False).run(serial)


def test_in_a_study(tmp_path):
    (tmp_path / "study.yaml").write_text(
        """
heterodot: 1
title: bonds
systems:
  water:
    build: [{molecule: H2O}]
levels: {xtb: {code: gfn1-xtb}}
questions:
  - bonding: {relax: false, pairs: [[O, H], [O p, H s]]}
output: out
"""
    )
    result = Study.load(tmp_path / "study.yaml").run(workers=1)
    assert not result.errors
    (row,) = result.rows()
    assert row.values["O–H bonds"] == 2
    assert row.values["O–H Mayer order"] == pytest.approx(0.95, abs=0.1)
    assert "cohp-water-bonding.png" in {path.name for path in (tmp_path / "out").rglob("*.png")}
