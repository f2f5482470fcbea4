"""An SCF that does not converge: the error has its kind, a remedy that helps is said."""

from __future__ import annotations

import pytest
from ase.build import molecule

from heterodot.calculators import Level, Recovery
from heterodot.calculators.xtb import XTB
from heterodot.errors import ConvergenceError
from heterodot.workflows import Hessian, Orbitals, Relax, Relaxation, SinglePoint

HASTY = Level("gfn1-xtb", overrides={"max_iterations": 2})
PATIENT = Recovery({"max_iterations": 250}, "converged only with more cycles", changes_result=False)


@pytest.mark.parametrize("kind", [SinglePoint, Relax, Hessian, Orbitals])
def test_an_scf_that_fails_is_a_convergence_error_whatever_asked_for_it(serial, kind):
    with pytest.raises(ConvergenceError):
        serial.run(kind(molecule("H2O"), HASTY))
    assert [f["error"] for f in serial.store.failures()] == ["ConvergenceError"]


@pytest.mark.parametrize("kind", [SinglePoint, Relax, Hessian, Orbitals])
def test_a_remedy_that_helps_is_on_the_result(serial, monkeypatch, kind):
    monkeypatch.setattr(XTB, "recoveries", lambda *_: (PATIENT,))
    found = serial.run(kind(molecule("H2O"), HASTY))
    assert found.recovery == PATIENT.note
    assert list((serial.store.path / "work").iterdir()) == []
    plain = serial.run(kind(molecule("H2O"), Level("gfn1-xtb")))
    assert plain.recovery == ""
    if kind is not Hessian:
        assert found.energy == pytest.approx(plain.energy, abs=1e-4)


def test_it_is_a_flag_of_the_workflow(serial, monkeypatch):
    monkeypatch.setattr(XTB, "recoveries", lambda *_: (PATIENT,))
    found = Relaxation(molecule("H2O"), HASTY).run(serial)
    assert [flag.name for flag in found.flags] == ["scf-recovered"]
    assert "more cycles" in found.summary()
