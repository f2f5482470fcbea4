"""Bonding of a structure: COHP and COOP curves, their integrals, and bond orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.analysis import ElectronicStructure, Flag
from heterodot.analysis.bond_curves import BondCurves
from heterodot.analysis.bond_orders import bond_orders
from heterodot.analysis.bond_table import BondKind, bond_kinds, element_pair
from heterodot.analysis.bonding import bond_integrals, cohp, coop
from heterodot.analysis.flags import Marked, flag_note
from heterodot.analysis.pair_matrix import PairMatrix
from heterodot.analysis.style import join_caption
from heterodot.bonds import find_bonds
from heterodot.calculators import Level
from heterodot.errors import CapabilityError, InputError
from heterodot.workflows.adsorption import relax_clean
from heterodot.workflows.arguments import Checked
from heterodot.workflows.attachment import attach_calculator
from heterodot.workflows.forces import force_left
from heterodot.workflows.gates import electronic_gates, geometry_gate, recovery_gate
from heterodot.workflows.results import Result, Values
from heterodot.workflows.runner import Runner
from heterodot.workflows.serialization import structure_to_dict
from heterodot.workflows.tasks import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS_PER_WIDTH = 4
"""Points of the energy grid for each width of a line."""


@dataclass(frozen=True)
class LocalBondingResult:
    """What the task keeps: curves and pair matrices, not the orbitals themselves.

    Attributes
    ----------
    energy : float
        eV.
    electronic_structure : ElectronicStructure
    cohp, coop : BondCurves
    icohp, icoop, mayer, wiberg : PairMatrix
    recovery : str
        What it took to converge; empty for nothing special.
    """

    energy: float
    electronic_structure: ElectronicStructure
    cohp: BondCurves
    coop: BondCurves
    icohp: PairMatrix
    icoop: PairMatrix
    mayer: PairMatrix
    wiberg: PairMatrix
    recovery: str = ""
    fmax: float | None = None


@dataclass(frozen=True, eq=False)
class LocalBonding(Task):
    """COHP, COOP, their integrals and bond orders at a fixed geometry.

    Attributes
    ----------
    pairs : sequence of (str, str)
        Curves to keep, by their two ends ("Cu", "Cu d", "4", "4 p").
    window : (low, high)
        eV relative to the Fermi level, of the curves.
    width : float
        Gaussian broadening, eV.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    window: tuple[float, float] = (-15.0, 5.0)
    width: float = 0.1

    kind: ClassVar[str] = "local-bonding"

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = (float(x) for x in self.window)
        if not (np.isfinite([low, high]).all() and high > low and 0 < self.width < high - low):
            raise InputError(
                f"window ({low}, {high}), width {self.width} eV: expected low < high and a "
                "positive width smaller than the window"
            )
        object.__setattr__(self, "pairs", tuple((str(a), str(b)) for a, b in self.pairs))
        object.__setattr__(self, "window", (low, high))

    def compute(self, directory: Path) -> dict[str, Any]:
        """Run one calculation and analyse its orbitals."""
        atoms = attach_calculator(self.atoms, self.level, directory)
        with self.level.translate_errors():
            energy = float(atoms.get_potential_energy())
            orbitals = self.level.local_orbitals(atoms.calc, atoms)
            fmax = force_left(atoms)
        low, high = self.window
        grid = np.linspace(low, high, int(STEPS_PER_WIDTH * (high - low) / self.width) + 2)
        matrices = {
            "icohp": bond_integrals(orbitals, "COHP"),
            "icoop": bond_integrals(orbitals, "COOP"),
            "mayer": bond_orders(orbitals, "mayer"),
            "wiberg": bond_orders(orbitals, "wiberg"),
        }
        return {
            "energy": energy,
            "electronic_structure": orbitals.states.to_dict(),
            "cohp": cohp(orbitals, self.pairs, grid, self.width).to_dict(),
            "coop": coop(orbitals, self.pairs, grid, self.width).to_dict(),
            **{name: matrix.to_dict() for name, matrix in matrices.items()},
            "fmax": fmax,
        }

    def result(self, data: Mapping[str, Any]) -> LocalBondingResult:
        """Return the typed result."""
        return LocalBondingResult(
            energy=data["energy"],
            electronic_structure=ElectronicStructure.from_dict(data["electronic_structure"]),
            cohp=BondCurves.from_dict(data["cohp"]),
            coop=BondCurves.from_dict(data["coop"]),
            icohp=PairMatrix.from_dict(data["icohp"]),
            icoop=PairMatrix.from_dict(data["icoop"]),
            mayer=PairMatrix.from_dict(data["mayer"]),
            wiberg=PairMatrix.from_dict(data["wiberg"]),
            recovery=data["recovery"],
            fmax=data.get("fmax"),  # records of before have none
        )


@dataclass(frozen=True)
class BondingResult(Result):
    """How the atoms of a structure are bonded.

    Attributes
    ----------
    kinds : tuple of BondKind
        The bonds of each pair of elements: number, length, mean ICOHP and Mayer order.
    cohp, coop : BondCurves
        Of the pairs asked for.
    icohp, icoop, mayer, wiberg : PairMatrix
        Of every pair of atoms.
    electronic_structure : ElectronicStructure
    structure : Atoms
    energy : float
        eV.
    """

    kinds: tuple[BondKind, ...]
    cohp: BondCurves
    coop: BondCurves
    icohp: PairMatrix
    icoop: PairMatrix
    mayer: PairMatrix
    wiberg: PairMatrix
    electronic_structure: ElectronicStructure
    structure: Atoms
    energy: float

    @property
    def structures(self) -> dict[str, Atoms]:
        """The structure that was analysed."""
        return {self.geometry: self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        values: Values = {}
        for kind in self.kinds:
            values[f"{kind.label} bonds"] = kind.count
            values[f"{kind.label} length (Å)"] = kind.length
            values[f"{kind.label} ICOHP per bond (eV)"] = kind.icohp
            values[f"{kind.label} Mayer order"] = kind.order
        values["gap (eV)"] = self.electronic_structure.gap
        values["E (eV)"] = self.energy
        return values

    def data(self) -> dict[str, Any]:
        """Return the result's own entries; the curves and matrices stay in the store."""
        return {
            "bonds": [kind.to_dict() for kind in self.kinds],
            "icohp": self.cohp.integrals,
            "icoop": self.coop.integrals,
            "valences": np.round(self.mayer.valences, 6).tolist(),
            "gap": self.electronic_structure.gap,
            "structure": structure_to_dict(self.structure),
            "energy": self.energy,
        }

    def headline(self) -> str:
        """Return a table of the bonds and the integrals of the curves."""
        lines = ["bonds       number  mean length (Å)  mean ICOHP (eV)  mean Mayer order"]
        mark = Marked("", self.flags).mark
        lines += [
            f"{k.label:<10} {k.count:>7} {k.length:>16.3f} {k.icohp:>16.2f} {k.order:>17.2f}{mark}"
            for k in self.kinds
        ]
        for curves, unit in ((self.cohp, "eV"), (self.coop, "electrons")):
            parts = [f"{label} {value:.2f}{mark}" for label, value in curves.integrals.items()]
            lines.append(f"I{curves.kind} of all pairs ({unit}): {', '.join(parts)}")
        return "\n".join(lines)

    def plot(self, **settings: Any) -> Figure:
        """Draw the COHP; see :func:`heterodot.analysis.plot_bonding`."""
        settings["caption"] = join_caption([settings.get("caption", ""), flag_note(self.flags)])
        return self.cohp.plot(**settings)


@dataclass(frozen=True, eq=False)
class Bonding(Checked):
    """COHP, COOP and bond orders of a structure.

    Parameters
    ----------
    atoms : Atoms
    level : Level
        Of a code with atom-centred orbitals: xTB, or GPAW in LCAO mode.
    pairs : sequence of (str, str) or None
        Curves to draw: two ends each, an element ("Cu"), an atom's index ("4"), or a shell of
        either ("Cu d", "4 p"); all pairs of atoms between the ends are summed. None: the elements
        that are bonded.
    window : (low, high)
        eV relative to the Fermi level, of the curves.
    width : float
        Gaussian broadening, eV.
    relax : bool
        Relax first (``fmax`` in eV/Å, ``steps`` geometries at most).
    name : str
    """

    atoms: Atoms
    level: Level
    pairs: tuple[tuple[str, str], ...] | None = None
    window: tuple[float, float] = (-15.0, 5.0)
    width: float = 0.1
    relax: bool = True
    fmax: float = 0.05
    steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("local_orbitals")
        if not self.level.has_local_orbitals:
            raise CapabilityError(
                f"{self.level.label}: no atom-centred orbitals; for GPAW use mode 'lcao'"
            )
        if self.pairs is not None:
            wrong = [p for p in self.pairs if isinstance(p, str) or len(p) != 2]
            if wrong or not self.pairs:
                raise InputError(f'pairs {self.pairs!r}: expected pairs such as ["Cu d", "S p"]')

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 2 if self.relax else 1

    def run(self, runner: Runner) -> BondingResult:
        """Relax, take the orbitals, analyse them."""
        atoms = self.atoms
        flags: tuple[Flag, ...] = ()
        if self.relax:
            relaxed, flags = relax_clean(
                runner, atoms, self.level, self.fmax, self.steps, self.name
            )
            atoms = relaxed.structure
        bonds = find_bonds(atoms)
        label = f"{self.name} bonding"
        task = partial(LocalBonding, atoms, self.level, label=label, width=self.width)
        found: LocalBondingResult = runner.run(
            task(pairs=self.pairs or _bonded_elements(atoms), window=self.window)
        )
        flags += electronic_gates(found.electronic_structure, atoms)
        flags += recovery_gate(found.recovery, "bonding")
        if not self.relax:
            flags += geometry_gate(found.fmax, self.fmax)
        own = int((bonds.pairs[:, 0] == bonds.pairs[:, 1]).sum())
        if own:
            message = f"{own} bonds of atoms to their own images left out: use a larger cell"
            flags += (Flag("own-image-bonds", message),)
        return BondingResult(
            level=self.level.label,
            flags=tuple(dict.fromkeys(flags)),
            caveats=found.cohp.caveats,
            kinds=bond_kinds(bonds, atoms.numbers, found.icohp, found.mayer),
            cohp=found.cohp,
            coop=found.coop,
            icohp=found.icohp,
            icoop=found.icoop,
            mayer=found.mayer,
            wiberg=found.wiberg,
            electronic_structure=found.electronic_structure,
            structure=atoms,
            energy=found.energy,
        )


def _bonded_elements(atoms: Atoms) -> tuple[tuple[str, str], ...]:
    """Return the pairs of elements that are bonded somewhere."""
    bonds = find_bonds(atoms)
    pairs = bonds.pairs[bonds.pairs[:, 0] != bonds.pairs[:, 1]]
    labels = sorted({element_pair(atoms.numbers[i], atoms.numbers[j]) for i, j in pairs})
    if not labels:
        raise InputError(
            f"{atoms.get_chemical_formula()}: no two atoms are bonded; name the pairs to analyse"
        )
    return tuple((label.split("–")[0], label.split("–")[1]) for label in labels)
