"""Where the atoms of a defect come from and go to: chemical potentials in a zinc-blende crystal.

The crystal is in equilibrium with its parts, μ(cation) + μ(anion) = E(crystal) per formula unit,
and with the halide's salt, μ(cation) + n μ(halide) = E(MXn). What is left is one number between two
limits: cation-rich, where the metal forms, and anion-rich, where the anion's molecule does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.calculators import Level
from heterodot.structures.paths.halides import Sources, source_molecules
from heterodot.workflows.parts.gates import relaxation_gates
from heterodot.workflows.parts.references import Reference, difference
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.outcomes import Asks
from heterodot.workflows.tasks.tasks import Relax, SinglePoint


@dataclass(frozen=True)
class Reservoirs:
    """Energies that chemical potentials are made of.

    Attributes
    ----------
    sources : Sources
    crystal : float
        Of the whole supercell, eV.
    units : int
        Formula units in it.
    metal, anion : float
        Of an atom of the metal, and of the anion's molecule, eV.
    salt : float
        Of a formula unit of the salt, eV.
    """

    sources: Sources
    crystal: float
    units: int
    metal: float
    anion: float
    salt: float

    @property
    def limits(self) -> tuple[str, str]:
        """The elements that are rich in either limit: cation, anion."""
        return self.sources.cation, self.sources.anion

    def formation(
        self,
        name: str,
        energy: float,
        lost: int,
        gained: int,
        rich: str,
        *more: tuple[float, str, float],
    ) -> Reference:
        """Return the formation energy of a defect.

        Parameters
        ----------
        name : str
        energy : float
            Of the supercell with the defect, eV.
        lost, gained : int
            Anions less, halides more than in the crystal.
        rich : str
            Which of :attr:`limits`.
        more : (coefficient, what, energy)
            Further terms, such as those of electrons.
        """
        source = self.sources
        terms = [(1.0, "E(defect)", energy), (-1.0, "E(crystal)", self.crystal)]
        share = gained / source.valence
        if rich == source.cation:
            terms += [(lost / self.units, "E(crystal), of μ(anion)", self.crystal)]
            terms += [(-float(lost), f"E({source.cation}), of μ(anion)", self.metal)]
            of_metal = [(share, f"E({source.cation}), of μ(halide)", self.metal)]
        else:
            terms += [(float(lost), f"E({source.anion}), of μ(anion)", self.anion)]
            of_metal = [(share / self.units, "E(crystal), of μ(halide)", self.crystal)]
            of_metal += [(-share, f"E({source.anion}), of μ(halide)", self.anion)]
        salt = (-share, f"E({source.formula} {source.state}), of μ(halide)", self.salt)
        terms += [*of_metal, salt] if gained else []
        return difference(f"{name}, {rich}-rich", *(t for t in (*terms, *more) if abs(t[0]) > 0))


def ask_reservoirs(
    runner: Asks,
    level: Level,
    host: Atoms,
    halide: str,
    fmax: float,
    steps: int,
    name: str,
    salt: str = "molecule",
) -> tuple[Reservoirs, tuple[Flag, ...]]:
    """Return the energies at a level, everything relaxed; flags of what has not converged.

    Parameters
    ----------
    host : Atoms
        The supercell, taken as it is.
    salt : {"molecule", "crystal"}
        See :func:`heterodot.structures.paths.halides.source_molecules`.
    """
    sources = source_molecules(host, halide, salt)
    solids = [sources.metal] if salt == "molecule" else [sources.metal, sources.salt]
    cells = runner.gather(
        RelaxCell(solid, level, label=f"{name} {solid.get_chemical_formula('reduce')}")
        for solid in solids
    )
    labels = ["anion's source", "halide's source"][: 3 - len(solids)]
    asked = [sources.anions, sources.salt][: len(labels)]
    relaxed = runner.gather(
        Relax(atoms, level, fmax, steps, label=f"{name} {label}")
        for atoms, label in zip(asked, labels, strict=True)
    )
    flags = tuple(
        flag
        for one, label in zip(relaxed, labels, strict=True)
        for flag in relaxation_gates(one, fmax, label)
    )
    for solid, cell in zip(solids, cells, strict=True):
        if not cell.converged:
            what = solid.get_chemical_formula("metal", empirical=True)
            flags += (Flag("not-converged", f"the cell of {what}: {cell.fmax:.3f} eV/Å left"),)
    whole = runner.run(SinglePoint(host, level, label=f"{name} crystal")).energy
    last = cells[-1].energy if len(cells) == 2 else relaxed[-1].energy
    salts = int(np.sum(sources.salt.symbols == sources.cation))
    return (
        Reservoirs(
            sources,
            whole,
            int(np.sum(host.symbols == sources.cation)),
            cells[0].energy / len(sources.metal),
            relaxed[0].energy / len(sources.anions),
            last / salts,
        ),
        flags,
    )
