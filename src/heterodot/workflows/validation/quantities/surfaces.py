"""Adsorbates on Cu(111) against published calculations."""

from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.constraints import FixAtoms

from heterodot.analysis import FreeEnergy, quasi_harmonic
from heterodot.bonds import find_bonds
from heterodot.calculators import Level
from heterodot.data.conditions import STANDARD_PRESSURE
from heterodot.data.species.table import species
from heterodot.data.validation.measured import Quantity
from heterodot.data.validation.published import (
    adsorbate_gibbs,
    gas_gibbs,
    published,
    reaction,
    temperature,
)
from heterodot.structures import crystal
from heterodot.workflows.parts.gas import gases_apart
from heterodot.workflows.parts.gates import relaxation_gates
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.results import HessianResult, RelaxResult
from heterodot.workflows.tasks.tasks import Hessian, Relax
from heterodot.workflows.validation.comparison import (
    Comparison,
    Findings,
    require_bands_of_crystals,
    require_chemistry,
)

SIZE = (3, 3, 3)
VACUUM = 7.5  # Å on either side
FMAX = 0.03
"""eV/Å: 1 meV in an adsorption energy on copper. Chosen."""

STARTS = {
    "CO": ("CO", 0, "fcc", 1.35),
    "H": ("H", 0, "fcc", 0.95),
    "COOH cis": ("COOH", 0, "ontop", 1.97),
    "COOH trans": ("COOH", 1, "ontop", 1.97),
    "HCOO": ("HCOO", 0, "bridge", 1.95),
}
"""Each start: the adsorbate, which of its orientations, where it begins, and how high (Å) the atom
that binds; the sites PBE prefers. Of several starts the lowest counts."""

GASES = ("CH4", "H2O", "H2")
"""Of the cycle that the energies of the adsorbates go through."""

CELL_FMAX = 0.002
"""As of the lattice constants (:mod:`heterodot.workflows.validation.quantities.crystals`)."""

ISOMERS = "HCOO* → COOH*"
"""In which no gas takes part."""

HYDROGEN = "½ H2 → H* (ΔE)"


class CopperSurface(Comparison):
    """COOH, HCOO, CO and H on Cu(111)."""

    name = "copper-surface"

    def quantity(self) -> Quantity:
        """Return the Gibbs energies from CO2, H2 and H2O; of H the bare energy."""
        entry, hydrogen = published()["adsorbates"], published()["hydrogen"]
        reference = {}
        for name, terms in entry["made_from"].items():
            gases = reaction(terms, {gas: gas_gibbs(gas) for gas in terms})
            reference[_item(name)] = adsorbate_gibbs(name) - gases
        reference[ISOMERS] = reference[_item("COOH")] - reference[_item("HCOO")]
        reference[HYDROGEN] = hydrogen["binding"] + hydrogen["atomisation"] / 2
        sources = (" ".join(each["source"].split()) for each in (entry, hydrogen))
        against = f"PBE-D3, the gases by experiment as in the source: {'; '.join(sources)}"
        return Quantity(
            "Cu(111), ΔG(298 K)", "eV", against, reference, is_energy=True, where="in ΔG on Cu(111)"
        )

    def ask(self, runner: Runner, level: Level, findings: Findings) -> None:
        """Relax slab and adsorbates, vibrate these; the cycle runs through CH4, H2O and H2."""
        require_bands_of_crystals(level)
        require_chemistry(level, "HCO")
        cell = runner.run(RelaxCell(crystal("Cu"), level, CELL_FMAX, label="Cu cell"))
        outcomes = gases_apart(runner, GASES, level, temperature(), STANDARD_PRESSURE)
        gases = {n: gas.free_energy for n, gas in findings.take(GASES, outcomes).items()}
        if "H2" not in gases:
            return
        slab = _slab(cell.structure.cell.lengths()[0])
        tasks = {"": Relax(slab, level, FMAX, label="Cu(111) relax")}
        clean: dict[str, RelaxResult] = findings.take(tasks, runner.outcomes(tasks.values()))
        if not clean:
            return
        bound = _lowest(runner, clean[""].structure, level, findings)
        for name, result in bound.items():
            findings.flag(f"{name}*", relaxation_gates(result, FMAX, f"{name}*"))
        if "H" in bound:
            found = bound["H"].energy - clean[""].energy - gases["H2"].energy / 2
            findings.values[HYDROGEN] = found
        if gases.keys() >= {"CH4", "H2O"}:
            bound.pop("H", None)
            self._gibbs(runner, level, bound, clean[""].energy, gases, findings)

    @staticmethod
    def _gibbs(
        runner: Runner,
        level: Level,
        bound: dict[str, RelaxResult],
        clean: float,
        gases: dict[str, FreeEnergy],
        findings: Findings,
    ) -> None:
        """Put the Gibbs energies together: the gases of the cycle calculated, the rest measured."""
        tasks = {
            n: Hessian(r.structure, level, _own(n, r.structure), label=f"Cu(111)+{n} vibrations")
            for n, r in bound.items()
        }
        hessians: dict[str, HessianResult] = findings.take(tasks, runner.outcomes(tasks.values()))
        entry = published()["adsorbates"]
        for name, hessian in hessians.items():
            modes = hessian.frequencies(bound[name].structure).tolist()
            adsorbed = quasi_harmonic(bound[name].energy, modes, temperature())
            findings.flag(f"{name}*", adsorbed.flags)
            cycle, made = entry["cycle"][name], entry["made_from"][name]
            calculated = reaction(cycle, {gas: gases[gas].gibbs for gas in cycle})
            measured = reaction(cycle, {gas: gas_gibbs(gas) for gas in cycle}) - reaction(
                made, {gas: gas_gibbs(gas) for gas in made}
            )
            findings.values[_item(name)] = adsorbed.gibbs - clean - calculated + measured
        pair = [findings.values.get(_item(name)) for name in ("COOH", "HCOO")]
        if pair[0] is not None and pair[1] is not None:
            findings.values[ISOMERS] = pair[0] - pair[1]


def _item(name: str) -> str:
    made = published()["adsorbates"]["made_from"][name]
    left = [_term(gas, n) for gas, n in made.items() if n > 0]
    right = [f"{name}*", *(_term(gas, -n) for gas, n in made.items() if n < 0)]
    return f"{' + '.join(left)} → {' + '.join(right)}"


def _term(gas: str, count: float) -> str:
    return gas if count == 1 else f"{'½' if count == 0.5 else f'{count:g}'} {gas}"


def _slab(lattice_constant: float) -> Atoms:
    """Return three layers of Cu(111), 3×3, the uppermost free."""
    from ase.build import fcc111

    slab: Atoms = fcc111("Cu", SIZE, a=lattice_constant, vacuum=VACUUM)
    slab.set_constraint(FixAtoms(indices=np.flatnonzero(slab.get_tags() > 1).tolist()))
    return slab


def _lowest(
    runner: Runner, slab: Atoms, level: Level, findings: Findings
) -> dict[str, RelaxResult]:
    """Relax every start; return the lowest whole one of each adsorbate."""
    tasks = {
        label: Relax(_start(slab, *start), level, FMAX, label=f"Cu(111)+{label} relax")
        for label, start in STARTS.items()
    }
    found: dict[str, RelaxResult] = {}
    for label, result in findings.take(tasks, runner.outcomes(tasks.values())).items():
        name = STARTS[label][0]
        if not _is_whole(result.structure[len(slab) :]):
            findings.flags.append(f"{label}*: fell apart")
        elif name not in found or result.energy < found[name].energy:
            found[name] = result
    for name in {start[0] for start in STARTS.values()} - found.keys():
        findings.missing.setdefault(f"{name}*", "no start of it stayed whole")
    return found


def _start(slab: Atoms, name: str, orientation: int, site: str, height: float) -> Atoms:
    """Return the slab with an adsorbate where it begins, in a plane along a row of atoms."""
    way = species(name).orientations[orientation]
    shape = Atoms("".join(way.symbols), way.positions)
    tags, middle = slab.get_tags(), slab.cell.array[:2].sum(axis=0) / 2
    layer = np.flatnonzero(tags == (SIZE[2] if site == "fcc" else 1))
    nearest = min(layer, key=lambda i: float(np.linalg.norm((slab.positions[i] - middle)[:2])))
    place = slab.positions[nearest].copy()
    place[2] = slab.positions[tags == 1, 2].mean() + height
    if site == "bridge":  # its middle above that, its feet above the two atoms
        place[0] += slab.cell.lengths()[0] / SIZE[0] / 2
    foot = shape.positions[way.binding].copy()
    if site == "bridge":
        foot[:2] = 0.0
    shape.positions += place - foot
    new: Atoms = slab.copy()
    new += shape
    return new


def _own(name: str, atoms: Atoms) -> tuple[int, ...]:
    count = sum(species(name).composition.values())
    return tuple(range(len(atoms) - count, len(atoms)))


def _is_whole(adsorbate: Atoms) -> bool:
    """Whether the atoms of an adsorbate still hang together."""
    reached, bonds = {0}, find_bonds(adsorbate).pairs
    for _ in range(len(adsorbate)):
        reached |= {int(b) for a, b in bonds if a in reached}
        reached |= {int(a) for a, b in bonds if b in reached}
    return len(reached) == len(adsorbate)
