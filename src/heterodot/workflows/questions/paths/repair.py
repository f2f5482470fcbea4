"""What it is worth to a core/shell dot that halide takes the place of oxygen at its interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.bonds import find_bonds
from heterodot.calculators import Level
from heterodot.data.flags import Marked
from heterodot.errors import InputError
from heterodot.structures.core_shell.repair import (
    ROUTES,
    RepairedInterface,
    repair_by_exchange,
    repair_by_salt,
)
from heterodot.structures.paths.halides import HALIDES, salt_structure
from heterodot.workflows.parts.gates import relaxation_gates
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.references import Reference, difference
from heterodot.workflows.parts.results import Result, Values
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.outcomes import Asks
from heterodot.workflows.tasks.tasks import Relax

ENERGIES = "energies at rest: no vibrations, no solvent, no ligands but those of the dot"
GAS = (
    "the salt is a molecule of the gas: what holds it together as a solid or in solution (ZnCl2: "
    "1.5 eV of sublimation) makes the repair cost as much more per salt"
)

METALS = ("Zn", "Cd")
"""Of the salt."""

LEFT = 1.0
"""Å from the oxygen's place beyond which a halide has left it. Chosen: under half a bond."""


@dataclass(frozen=True)
class InterfaceRepairResult(Result):
    """Energies of the reactions that put halide in the place of oxygen.

    Attributes
    ----------
    halogen : str
    reactions : tuple of Reference
        Each per oxygen; negative where the repair is downhill.
    relaxed : dict of str to Atoms
        The dot before, and after each route.
    bonds : dict of str to str
        What the oxygens and the halides on their places are bonded to.
    """

    halogen: str
    reactions: tuple[Reference, ...]
    relaxed: Mapping[str, Atoms]
    bonds: Mapping[str, str]

    @property
    def structures(self) -> dict[str, Atoms]:
        """The dot before and after."""
        return dict(self.relaxed)

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        found: Values = {f"{one.name} (eV)": one.value for one in self.reactions}
        return found | {f"bonds, {name}": Marked(text) for name, text in self.bonds.items()}

    def references(self) -> tuple[Reference, ...]:
        """Return what was subtracted from what."""
        return self.reactions

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "halogen": self.halogen,
            "bonds": dict(self.bonds),
            "structures": {name: structure_to_dict(a) for name, a in self.relaxed.items()},
        }

    def headline(self) -> str:
        """Return a line for each reaction."""
        q = self.quantities()
        return "\n".join(f"{one.name}: {q[f'{one.name} (eV)']:+.2f} eV" for one in self.reactions)


@dataclass(frozen=True, eq=False)
class InterfaceRepair(Question):
    """Reaction energies of In–O → In–X (Cd–O → Cd–X) at the interface of a core/shell dot.

    Parameters
    ----------
    atoms : Atoms
        Core/shell dot with oxygen at the interface, its surface closed with the halide.
    level : Level
    halogen : {"Cl", "Br", "I", "F"}
    routes : sequence of str
        Of "exchange" and "salt"; see :mod:`heterodot.structures.core_shell.repair`.
    metal : str
        Of the salt and the oxide: "Zn" or "Cd".
    salt : {"molecule", "crystal"}
        Of the salt; as a crystal of Zn only.
    shell : int
        At the inner boundary of which shell.
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    name : str
    """

    kind: ClassVar[str] = "interface_repair"

    atoms: Atoms
    level: Level
    halogen: str = "Cl"
    routes: tuple[str, ...] = ROUTES
    metal: Literal["Zn", "Cd"] = "Zn"
    salt: Literal["molecule", "crystal"] = "molecule"
    shell: int = 1
    fmax: float = 0.05
    steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.routes or any(one not in ROUTES for one in self.routes):
            raise InputError(f"routes {self.routes}: expected some of {', '.join(ROUTES)}")
        if self.metal not in METALS:
            raise InputError(f"metal {self.metal!r}: expected one of {', '.join(METALS)}")
        if self.halogen not in HALIDES:
            raise InputError(f"halogen {self.halogen!r}: expected one of {', '.join(HALIDES)}")
        salt_structure(self.metal, self.halogen, 2, self.salt)
        self.repaired  # noqa: B018 - what cannot be built is said now

    @property
    def repaired(self) -> dict[str, RepairedInterface]:
        """The dot after each route, as built."""
        built = {}
        if "exchange" in self.routes:
            built["exchange"] = repair_by_exchange(self.atoms, self.halogen, self.shell)
        if "salt" in self.routes:
            built["salt"] = repair_by_salt(self.atoms, self.halogen, self.metal, self.shell)
        return built

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 1 + len(self.routes) + 2 * ("salt" in self.routes)

    def run(self, runner: Asks) -> InterfaceRepairResult:
        """Relax the dot before and after, and what goes in and comes out."""
        repaired = self.repaired
        asked = {"oxidised": self.atoms, **{name: one.atoms for name, one in repaired.items()}}
        found = runner.gather(
            Relax(atoms, self.level, self.fmax, self.steps, label=f"{self.name} {what}")
            for what, atoms in asked.items()
        )
        relaxed = dict(zip(asked, found, strict=True))
        flags: tuple[Flag, ...] = ()
        for what, one in relaxed.items():
            flags += relaxation_gates(one, self.fmax, what)
        rows = []
        for name, route in repaired.items():
            terms = [(1.0, f"E(dot, {name})", relaxed[name].energy)]
            terms += [(-1.0, "E(dot, oxidised)", relaxed["oxidised"].energy)]
            if route.n_salt:
                further, more = self._salt(runner, route)
                terms += further
                flags += more
            share = 1 / len(route.oxygens)
            scaled = ((share * n, what, energy) for n, what, energy in terms)
            rows.append(difference(f"ΔE({name}, per O)", *scaled))
            flags += _left(self.atoms, route, relaxed[name].structure, name)
        structures = {what: one.structure for what, one in relaxed.items()}
        gas = (GAS,) if "salt" in self.routes and self.salt == "molecule" else ()
        return InterfaceRepairResult(
            level=self.level.label,
            flags=flags,
            caveats=(*self.level.caveats(self.atoms), ENERGIES, *gas),
            halogen=self.halogen,
            reactions=tuple(rows),
            relaxed=structures,
            bonds=_bonds(structures, repaired),
        )

    def _salt(
        self, runner: Asks, one: RepairedInterface
    ) -> tuple[list[tuple[float, str, float]], tuple[Flag, ...]]:
        """Return the terms of the salt taken and the oxide left."""
        salt, state = salt_structure(self.metal, self.halogen, 2, self.salt)
        oxide = runner.run(RelaxCell(oxide_crystal(self.metal), self.level, label="oxide"))
        flags: tuple[Flag, ...] = ()
        if not oxide.converged:
            flags += (Flag("not-converged", f"the cell of {self.metal}O: {oxide.fmax:.3f} eV/Å"),)
        if state == "solid":
            cell = runner.run(RelaxCell(salt, self.level, label="salt"))
            energy = cell.energy
            if not cell.converged:
                flags += (Flag("not-converged", f"the cell of the salt: {cell.fmax:.3f} eV/Å"),)
        else:
            (free,) = runner.gather([Relax(salt, self.level, self.fmax, self.steps, label="salt")])
            energy, flags = free.energy, flags + relaxation_gates(free, self.fmax, "salt")
        salts = int(np.sum(salt.symbols == self.metal))
        oxides = int(np.sum(oxide.structure.symbols == "O"))
        formula = f"{self.metal}{self.halogen}2 {state}"
        terms = [(one.n_oxide / oxides, f"E({self.metal}O crystal)", oxide.energy)]
        return [*terms, (-one.n_salt / salts, f"E({formula})", energy)], flags


def oxide_crystal(metal: str) -> Atoms:
    """Return wurtzite ZnO or rock salt CdO, as measured (R. W. G. Wyckoff, Crystal Structures)."""
    from ase.build import bulk

    if metal == "Zn":
        return bulk("ZnO", "wurtzite", a=3.2495, c=5.2069)
    return bulk("CdO", "rocksalt", a=4.6953)


def _left(before: Atoms, one: RepairedInterface, after: Atoms, route: str) -> tuple[Flag, ...]:
    """Flag a halide that has left the oxygen's place."""
    places = before.positions[list(one.oxygens)]
    away = np.linalg.norm(after.positions[list(one.halides)] - places, axis=1)
    if away.max() <= LEFT:
        return ()
    message = f"{route}: a halide is {away.max():.2f} Å from the oxygen's place"
    return (Flag("halide-moved", message),)


def _bonds(
    structures: Mapping[str, Atoms], repaired: Mapping[str, RepairedInterface]
) -> dict[str, str]:
    """Say what the oxygens before, and the halides on their places after, are bonded to."""
    found = {}
    for name, one in repaired.items():
        old = _neighbours(structures["oxidised"], one.oxygens)
        new = _neighbours(structures[name], one.halides)
        found[name] = f"{old} → {new}"
    return found


def _neighbours(atoms: Atoms, places: tuple[int, ...]) -> str:
    bonds = find_bonds(atoms)
    symbols = [
        f"{atoms.symbols[int(j)]}–{atoms.symbols[i]}" for i in places for j in bonds.neighbours(i)
    ]
    counted = (f"{symbols.count(s)} {s}" for s in sorted(set(symbols)))
    return ", ".join(counted) or "none"
