"""Adsorbates on a small dot against a reference of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.data.validation.measured import FOLDER, Quantity
from heterodot.data.validation.published import reaction
from heterodot.errors import InputError
from heterodot.records import Record
from heterodot.structures import add_adsorbate, crystal, passivate, pyramid
from heterodot.structures.molecules import molecule
from heterodot.workflows.parts.candidates import prepare_site
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing import serialization  # noqa: F401 - registers Atoms
from heterodot.workflows.tasks.results import RelaxResult
from heterodot.workflows.tasks.tasks import Relax, SinglePoint
from heterodot.workflows.validation.comparison import Comparison, Findings, require_chemistry

FILE = FOLDER / "dot.json"

FMAX, GAS_FMAX = 0.05, 0.01
"""eV/Å: some meV of the energy of a minimum, where levels differ by a tenth of an eV. Chosen."""

MADE_FROM: Mapping[str, Mapping[str, float]] = {
    "COOH": {"CO2": 1, "H2": 0.5},
    "H": {"H2": 0.5},
}
"""The gases each adsorbate is counted from."""

_FREE_RADIUS = 2.6
"""Å round the site: Cu and its three S."""

_VACUUM = 3.0
"""Å on every side of the dot with COOH; for a comparison at equal settings it is enough."""

LEFT = 0.8
"""Å farther from its copper than in the reference: an adsorbate has gone elsewhere. Chosen; it
decides a flag only."""

DOT = "dot"
GASES = ("CO2", "H2")


@dataclass(frozen=True)
class DotReference(Record):
    """The relaxed structures of a reference and their energies.

    Attributes
    ----------
    label : str
        Of the level.
    level : dict
    versions : dict of str to str
    energies : dict of str to float
        eV, by name: the gases, ``dot``, and ``COOH*`` and its like.
    structures : dict of str to Atoms
    """

    label: str
    level: dict[str, Any]
    versions: dict[str, str]
    energies: dict[str, float]
    structures: dict[str, Atoms]

    def differences(self) -> dict[str, float]:
        """Return ΔE of each adsorbate, eV."""
        return differences(self.energies)


def differences(energies: Mapping[str, float]) -> dict[str, float]:
    """Return ΔE (eV) of each adsorbate that has all its energies."""
    return {
        item(name): energies[f"{name}*"] - energies[DOT] - reaction(gases, energies)
        for name, gases in MADE_FROM.items()
        if energies.keys() >= {f"{name}*", DOT, *gases}
    }


def item(name: str) -> str:
    """Return what an adsorbate is called in tables: how it is made."""
    left: list[str] = []
    right = [f"{name}*"]
    for gas, count in MADE_FROM[name].items():
        (left if count > 0 else right).append(f"{'½ ' if abs(count) == 0.5 else ''}{gas}")
    return f"{' + '.join(left)} → {' + '.join(right)}"


@cache
def small_dot() -> tuple[Atoms, int]:
    """Return H3Cu2In2S6, one electron short of closed shells, and the Cu that adsorbates bind to.

    In one box for all, so that codes with a grid have the same grid for all. As the system "dot" of
    ``benchmarks/dft_iterations.py``.
    """
    whole = passivate(pyramid(crystal("CuInS2"), 2, truncate_corners=True))
    copper = int(np.flatnonzero(whole.symbols == "Cu")[0])
    hydrogen = np.flatnonzero(whole.symbols == "H")
    del whole[[int(max(hydrogen, key=lambda i: whole.get_distance(i, copper)))]]
    clean = prepare_site(whole, copper, _FREE_RADIUS)
    largest = add_adsorbate(clean, copper, "COOH").positions
    low, high = largest.min(axis=0), largest.max(axis=0)
    clean.set_cell(high - low + 2 * _VACUUM)
    clean.set_positions(clean.positions - low + _VACUUM, apply_constraint=False)
    return clean, copper


def read_reference(path: Path = FILE) -> DotReference:
    """Read the reference that came with this heterodot.

    Raises
    ------
    InputError
        The file is none.
    """
    try:
        return DotReference.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no reference of the small dot: {error}") from error


def make_reference(runner: Runner, level: Level, versions: dict[str, str]) -> DotReference:
    """Relax the dot, bare and with each adsorbate, and the gases at a level."""
    found: dict[str, RelaxResult] = {}
    for name in GASES:
        found[name] = runner.run(Relax(molecule(name), level, GAS_FMAX, 200, label=f"{name} gas"))
    clean, site = small_dot()
    found[DOT] = runner.run(Relax(clean, level, FMAX, 200, label="dot relax"))
    for name in MADE_FROM:
        start = add_adsorbate(found[DOT].structure, site, name)
        found[f"{name}*"] = runner.run(Relax(start, level, FMAX, 200, label=f"dot+{name} relax"))
    loose = [name for name, result in found.items() if not result.converged]
    if loose:
        raise InputError(f"{level.label}: {', '.join(loose)} not relaxed: no reference")
    return DotReference(
        level.label, level.to_dict(), versions,
        {name: result.energy for name, result in found.items()},
        {name: result.structure for name, result in found.items()},
    )  # fmt: skip


class _Dot(Comparison):
    words: ClassVar[str]
    where: ClassVar[str] = ""

    def quantity(self) -> Quantity:
        """Return ΔE of the reference."""
        reference = read_reference()
        against = (
            f"{reference.label} ({json.dumps(reference.level['overrides'])}) at its own minima of "
            "H3Cu2In2S6, Cu with its three S free; basis errors of 0.2 to 0.35 eV are its own"
        )
        return Quantity(
            self.words, "eV", against, reference.differences(), is_energy=True, where=self.where
        )


class DotPoints(_Dot):
    """Energies at the geometries of the reference."""

    name = "dot-points"
    words = "small dot, ΔE at DFT geometries"

    def ask(self, runner: Runner, level: Level, findings: Findings) -> None:
        """Calculate every structure of the reference as it is."""
        structures = read_reference().structures
        require_chemistry(level, structures[DOT].symbols)
        tasks = {
            n: SinglePoint(atoms, level, label=f"{n} point") for n, atoms in structures.items()
        }
        points = findings.take(tasks, runner.outcomes(tasks.values()))
        findings.values |= differences({name: found.energy for name, found in points.items()})


class DotMinima(_Dot):
    """Energies at the level's own minima, found from the geometries of the reference."""

    name = "dot-minima"
    words = "small dot, ΔE at own minima"
    where = "in ΔE on a small dot"

    def ask(self, runner: Runner, level: Level, findings: Findings) -> None:
        """Relax every structure of the reference."""
        structures = read_reference().structures
        require_chemistry(level, structures[DOT].symbols)
        tasks = {
            n: Relax(atoms, level, GAS_FMAX if n in GASES else FMAX, label=f"{n} minimum")
            for n, atoms in structures.items()
        }
        minima: dict[str, RelaxResult] = findings.take(tasks, runner.outcomes(tasks.values()))
        findings.flags += [f"{n}: not-converged" for n, r in minima.items() if not r.converged]
        findings.flags += [
            f"{n}: left its copper"
            for n, r in minima.items()
            if n.endswith("*") and _to_copper(r.structure) > _to_copper(structures[n]) + LEFT
        ]
        findings.values |= differences({name: found.energy for name, found in minima.items()})


def _to_copper(atoms: Atoms) -> float:
    """Return how far (Å) the nearest atom of an adsorbate is from the copper it was put on."""
    clean, site = small_dot()
    return float(atoms.get_distances(site, range(len(clean), len(atoms))).min())
