"""Reaction energies of a repaired interface: terms and sign by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.structures import core_shell, oxidize_interface, passivate
from heterodot.workflows import InterfaceRepair
from heterodot.workflows.tasks.results import RelaxResult

WORTH = {"In": -2.0, "P": -3.0, "Zn": -1.0, "S": -3.0, "O": -5.0, "Cl": -2.5}


class Counted:
    """A runner: every atom is worth the same wherever it is; dots that have lost O 1 eV less."""

    def run(self, task):
        return self.gather([task])[0]

    def gather(self, tasks):
        found = []
        for task in tasks:
            energy = sum(WORTH[s] for s in task.atoms.symbols)
            if "In" in task.atoms.symbols and "O" not in task.atoms.symbols:
                energy -= 1.0
            if task.kind == "relax":
                found.append(RelaxResult(task.atoms, energy, 0.0, True, "BFGS", [0.0], [0.0]))
            else:
                found.append(SimpleNamespace(structure=task.atoms, energy=energy, converged=True))
        return found


@pytest.fixture(scope="module")
def dot():
    bare = core_shell("InP", radius=3.0, shells=["ZnS:1ml"], lattice="relaxed")
    return passivate(oxidize_interface(bare, count=2, order="spread"), "Cl")


@pytest.mark.parametrize("salt", ["molecule", "crystal"])
def test_energies_that_cancel_cancel_and_what_is_left_is_per_oxygen(dot, salt):
    answer = InterfaceRepair(dot, Level("lj"), salt=salt).run(Counted())
    found = {one.name: one.value for one in answer.reactions}
    assert found["ΔE(exchange, per O)"] == pytest.approx(0.0, abs=1e-9)
    assert found["ΔE(salt, per O)"] == pytest.approx(-0.5)  # downhill is negative
    assert "ΔE(salt, per O): -0.50 eV" in answer.headline()
    assert any("sublimation" in text for text in answer.caveats) == (salt == "molecule")
    assert set(answer.structures) == {"oxidised", "exchange", "salt"}
    assert " → " in answer.quantities()["bonds, salt"].value


def test_nonsense_is_one_line(dot):
    with pytest.raises(InputError, match="expected some of exchange, salt"):
        InterfaceRepair(dot, Level("lj"), routes=("oxidation",))
    with pytest.raises(InputError, match="known of Zn, not of Cd"):
        InterfaceRepair(dot, Level("lj"), metal="Cd", salt="crystal")
