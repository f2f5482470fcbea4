"""Bonding of a structure: COHP and COOP curves, their integrals, and bond orders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.analysis import ElectronicStructure, Flag
from heterodot.analysis.bonding.curves import BondCurves
from heterodot.analysis.bonding.pair_matrix import PairMatrix
from heterodot.analysis.bonding.table import BondKind, bond_kinds, element_pair
from heterodot.analysis.figures.style import join_caption
from heterodot.bonds import find_bonds
from heterodot.calculators import Level
from heterodot.data.flags import Marked, flag_note
from heterodot.errors import InputError
from heterodot.workflows.parts.gates import electronic_gates, recovery_gate
from heterodot.workflows.parts.minima import check_relaxed, states_forces, states_named
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.parts.steps import place_gates, relax_clean
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.local_bonding import LocalBonding, LocalBondingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the drawings of this answer alone."""
        draw = partial(self.plot, window=self.cohp.window, caption=title)
        return {f"cohp-{name}": draw}

    def plot(self, *, ax: Axes | None = None, caption: str = "", **settings: Any) -> Figure:
        """Draw the COHP; see :func:`heterodot.analysis.plot_bonding`."""
        text = join_caption([caption, flag_note(self.flags)])
        return self.cohp.plot(ax=ax, caption=text, **settings)


@dataclass(frozen=True, eq=False)
class Bonding(Question):
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

    kind: ClassVar[str] = "bonding"

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
        check_relaxed(self.level, self.relax)
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
                runner, atoms, self.level.geometry_level, self.fmax, self.steps, self.name
            )
            atoms = relaxed.structure
        bonds = find_bonds(atoms)
        label = f"{self.name} bonding"
        task = partial(LocalBonding, atoms, self.level, label=label, width=self.width)
        found: LocalBondingResult = runner.run(
            task(pairs=self.pairs or _bonded_elements(atoms), window=self.window)
        )
        if self.level.geometry is not None:
            found = _named(self.level, found, atoms)
        flags += electronic_gates(found.electronic_structure, atoms)
        flags += recovery_gate(found.recovery, "bonding")
        flags += place_gates(self.level, found.fmax, self.fmax, self.relax)
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
            energy_forces=states_forces(self.level, found.fmax),
        )


def _named(level: Level, found: LocalBondingResult, atoms: Atoms) -> LocalBondingResult:
    """Return the answer with the name of a level that takes its geometries from another."""
    states = states_named(level, found.electronic_structure, atoms)
    named = partial(replace, level=level.label)
    return replace(
        found,
        electronic_structure=states,
        cohp=named(found.cohp, caveats=states.caveats),
        coop=named(found.coop, caveats=states.caveats),
        icohp=named(found.icohp),
        icoop=named(found.icoop),
        mayer=named(found.mayer),
        wiberg=named(found.wiberg),
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
