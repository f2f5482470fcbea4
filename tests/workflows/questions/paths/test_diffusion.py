"""A halide's diffusion: what is asked, and formation energies by hand."""

from __future__ import annotations

import numpy as np
import pytest
from ase.data import atomic_numbers

from heterodot.calculators import Level
from heterodot.errors import InputError, StructureError
from heterodot.structures import crystal
from heterodot.structures.paths.halides import source_molecules
from heterodot.workflows import HalideDiffusion

LEVEL = Level("lj")


def test_nonsense_is_one_line():
    with pytest.raises(InputError, match="expected one of F, Cl, Br, I"):
        HalideDiffusion(crystal("ZnS"), LEVEL, "At")
    with pytest.raises(StructureError, match="expected one of interstitial"):
        HalideDiffusion(crystal("ZnS"), LEVEL, mechanisms=("ring",))
    with pytest.raises(StructureError, match="expected a zinc-blende crystal"):
        HalideDiffusion(crystal("Cu"), LEVEL)
    with pytest.raises(InputError, match="expected 1 or more each way"):
        HalideDiffusion(crystal("ZnS"), LEVEL, supercell=(0, 1, 1))


@pytest.mark.parametrize(
    ("host", "salt", "bond"),
    [("ZnS", "ZnCl2", 2.05), ("ZnSe", "ZnCl2", 2.34), ("InP", "InCl3", 2.21)],
)
def test_molecules_of_the_chemical_potentials(host, salt, bond):
    found = source_molecules(crystal(host), "Cl")
    assert found.formula == salt
    assert sorted(found.salt.numbers) == sorted(
        [atomic_numbers[found.cation]] + [17] * found.valence
    )
    apart = found.anions.get_all_distances()
    nearest = np.sort(apart, axis=1)[:, 1]
    assert nearest == pytest.approx(bond, abs=1e-6)
    if len(found.anions) == 8:
        assert found.anions.get_angle(0, 1, 2) == pytest.approx(108, abs=1e-6)


class Energies:
    """A runner that gives each asked structure the sum of what its atoms are worth."""

    worth = {"Zn": -2.0, "S": -3.0, "Cl": -5.0}  # noqa: RUF012

    def of(self, atoms) -> float:
        metal = list(atoms.symbols).count("Zn")
        bound = -float(min(metal, len(atoms) - metal))
        return float(sum(self.worth[s] for s in atoms.symbols) + bound)

    def run(self, task):
        from types import SimpleNamespace

        return SimpleNamespace(energy=self.of(task.atoms))

    def gather(self, tasks):
        from heterodot.workflows.tasks.results import RelaxResult

        tasks = list(tasks)
        return [
            RelaxResult(t.atoms, self.of(t.atoms), 0.0, True, "BFGS", [0.0], [0.0]) for t in tasks
        ]


def test_formation_energies_are_counted_against_what_is_said():
    """V_S costs less where the metal is rich, by the heat of formation of ZnS (here −1 eV)."""
    question = HalideDiffusion(crystal("ZnS"), LEVEL)
    host = crystal("ZnS").repeat((2, 2, 2))
    references, flags = question._formation(Energies(), host, {})
    assert flags == ()
    found = {one.name: one.value for one in references}
    # a bond less, 1 eV, over S8: −3 eV each; zinc-rich S is worth −6 + 2 = −4 eV
    assert found["E_f(V_S), S-rich"] == pytest.approx(1.0)
    assert found["E_f(V_S), Zn-rich"] == pytest.approx(0.0)
