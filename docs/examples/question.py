"""A question in one file: the atomisation energy of a structure, per atom.

In a package of your own, with this in its ``pyproject.toml``::

    [project.entry-points."heterodot.questions"]
    atomisation = "question:Atomisation"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from ase import Atoms

from heterodot.calculators import Level
from heterodot.workflows import Question, Relax, Result, Runner, SinglePoint
from heterodot.workflows.parts.gates import relaxation_gates
from heterodot.workflows.parts.references import difference

E_AT = "E_at per atom (eV)"


@dataclass(frozen=True)
class AtomisationResult(Result):
    """What it takes to part a structure into its atoms.

    Attributes
    ----------
    structure : Atoms
        Relaxed.
    energy : float
        eV.
    atoms : dict of str to float
        Energy of the free atom of each element, eV.
    """

    structure: Atoms
    energy: float
    atoms: dict[str, float]

    @property
    def per_atom(self) -> float:
        """Atomisation energy per atom, eV; positive where the atoms are bound."""
        return self.references()[0].value / len(self.structure)

    @property
    def structures(self):
        """The relaxed structure: written to ``structures/`` and drawn."""
        return {"relaxed": self.structure}

    def values(self):
        """Return the numbers of the tables, units in the names."""
        return {E_AT: self.per_atom, "E (eV)": self.energy}

    def headline(self):
        """Return the answer in a line; a number formats with † where the answer is flagged."""
        formula = self.structure.get_chemical_formula()
        return f"{formula}: {self.quantities()[E_AT]:.3f} eV per atom to part it"

    def references(self):
        """Return what was subtracted from what."""
        counts = Counter(self.structure.symbols)
        free = ((n, f"E({symbol} atom)", self.atoms[symbol]) for symbol, n in counts.items())
        return (difference("E_at", *free, (-1, "E(structure)", self.energy)),)

    def data(self) -> dict[str, Any]:
        """Return what ``results.json`` holds beside level, flags, caveats and references."""
        return {"energy": self.energy, "atoms": self.atoms, "per_atom": self.per_atom}

    @classmethod
    def shared_figures(cls, answers: Mapping[str, AtomisationResult]):
        """Return one figure for all systems of the question, drawn when it is called."""
        return {"atomisation": partial(draw, answers)}


@dataclass(frozen=True, eq=False)
class Atomisation(Question):
    """Energy to part a structure into its atoms, per atom.

    Parameters
    ----------
    atoms : Atoms
    level : Level
    vacuum : float
        Around the free atoms, Å.
    fmax : float
        eV/Å.
    name : str
    """

    kind: ClassVar[str] = "atomisation"

    atoms: Atoms
    level: Level
    vacuum: float = 6.0
    fmax: float = 0.05
    name: str = ""

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 1 + len(set(self.atoms.symbols))

    def run(self, runner: Runner) -> AtomisationResult:
        """Relax the structure; calculate the free atoms meanwhile."""
        relaxing = runner.submit(Relax(self.atoms, self.level, self.fmax, label=self.name))
        free = {}
        for symbol in sorted(set(self.atoms.symbols)):
            atom = Atoms(symbol)
            atom.center(vacuum=self.vacuum)
            free[symbol] = runner.submit(SinglePoint(atom, self.level, label=f"{symbol} atom"))
        relaxed = relaxing.result()
        return AtomisationResult(
            level=self.level.label,
            flags=relaxation_gates(relaxed, self.fmax, "relaxation"),
            caveats=self.level.caveats(self.atoms),
            structure=relaxed.structure,
            energy=relaxed.energy,
            atoms={symbol: one.result().energy for symbol, one in free.items()},
        )


def draw(answers: Mapping[str, AtomisationResult]):
    """Draw a bar for each system."""
    from matplotlib.figure import Figure

    from heterodot.analysis.figures.style import figure_style

    with figure_style():
        figure = Figure(layout="constrained")
        axes = figure.subplots()
        names = [answer.marked(label) for label, answer in answers.items()]
        axes.bar(names, [answer.per_atom for answer in answers.values()])
        axes.set_ylabel("atomisation energy per atom (eV)")
    return figure


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    from ase.build import bulk

    # a store of your own, such as Runner("results"), keeps what was calculated for the next time
    with TemporaryDirectory() as folder, Runner(folder, executor="serial") as runner:
        copper = Atomisation(bulk("Cu", a=3.61), Level("emt"), name="copper").run(runner)
    print(copper.summary())
    print(copper.references_table())
    # the cohesive energy EMT was fitted to (K. W. Jacobsen et al., Surf. Sci. 366, 394 (1996))
    assert abs(copper.per_atom - 3.51) < 0.02
