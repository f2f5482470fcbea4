"""Hard cases for SCF and geometry: how many converge as asked, and how many the ladder rescues.

    python benchmarks/hard_cases.py [--gpaw] [--only NAME]

Bare and cation-terminated dots, odd electrons, charged vacancies, stretched bonds, each calculated
once. Printed for each: whether it converged as asked, the rung that held, or what was tried in
vain; then the share that converged as asked and the share with the ladder. ``--gpaw`` adds a few
small ones by GPAW (LCAO), some minutes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable

from ase import Atoms
from ase.build import molecule

from heterodot.calculators import Level
from heterodot.errors import CalculationError, HeterodotError
from heterodot.provenance import with_charge
from heterodot.structures import (
    crystal,
    pyramid,
    vacancy,
)
from heterodot.workflows import Runner, SinglePoint

GFN1, GFN2 = Level("gfn1-xtb"), Level("gfn2-xtb")


def _dimer(symbols: str, distance: float) -> Atoms:
    return Atoms(symbols, [[0, 0, 0], [0, 0, distance]])


def _bare(name: str, base: int, **options: object) -> Atoms:
    return pyramid(crystal(name), base, **options)


def _vacancy(charge: int) -> Atoms:
    dot = _bare("CuInS2", 3, truncate_corners="apex", apex="Cu")
    copper = next(i for i, s in enumerate(dot.symbols) if s == "Cu")
    return with_charge(vacancy(dot, copper), charge)


CASES: dict[str, Callable[[], Atoms]] = {
    "bare CuInS2 T2": lambda: _bare("CuInS2", 2),
    "bare CuInS2 T3": lambda: _bare("CuInS2", 3),
    "bare ZnS T3": lambda: _bare("ZnS", 3),
    "bare CdSe T3": lambda: _bare("CdSe", 3),
    "CuInS2 T3, cation-terminated": lambda: _bare("CuInS2", 3, termination="cation"),
    "CdSe T3, cation-terminated": lambda: _bare("CdSe", 3, termination="cation"),
    "V_Cu, charge -1": lambda: _vacancy(-1),
    "V_Cu, charge +1": lambda: _vacancy(1),
    "V_Cu, charge -2": lambda: _vacancy(-2),
    "V_Cu, charge +2": lambda: _vacancy(2),
    "N2 at 2.5 Å": lambda: _dimer("N2", 2.5),
    "CO at 2.2 Å": lambda: _dimer("CO", 2.2),
    "CdSe pair at 4 Å": lambda: _dimer("CdSe", 4.0),
    "Cu2 at 4 Å": lambda: _dimer("Cu2", 4.0),
    "NO": lambda: molecule("NO"),
    "OH": lambda: molecule("OH"),
    "CuO": lambda: _dimer("CuO", 1.72),
    "MgO chain on a slab's cell": lambda: Atoms(
        "MgO", [[0, 0, 0], [2.1, 0, 0]], cell=[4.2, 2.97, 20], pbc=True
    ),
}

GPAW_CASES: dict[str, Callable[[], Atoms]] = {
    "O2": lambda: molecule("O2"),
    "OH": lambda: molecule("OH"),
    "N2 at 2.0 Å": lambda: _dimer("N2", 2.0),
    "Cu2 at 3.5 Å": lambda: _dimer("Cu2", 3.5),
    "CuO": lambda: _dimer("CuO", 1.72),
    "bare CuInS2 T1": lambda: _bare("CuInS2", 1),
}


def _try(runner: Runner, atoms: Atoms, level: Level, name: str) -> str:
    """Return "as asked", the rung that held, or why nothing did."""
    started = time.perf_counter()
    try:
        found = runner.run(SinglePoint(atoms, level, label=name))
        outcome = f"rescued: {found.recovery}" if found.recovery else "as asked"
    except CalculationError as error:
        outcome = f"lost: {error}"
    except HeterodotError as error:
        outcome = f"refused: {error}"
    print(f"  {name:<30} {time.perf_counter() - started:6.1f} s  {outcome[:150]}", flush=True)
    return outcome.split(":")[0]


def _shares(outcomes: list[str], what: str) -> None:
    asked = [o for o in outcomes if o != "refused"]
    plain, saved = asked.count("as asked"), asked.count("rescued")
    print(
        f"{what}: {plain} of {len(asked)} converged as asked, {plain + saved} with the ladder "
        f"({saved} of {len(asked) - plain} rescued), {outcomes.count('refused')} refused before"
    )


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gpaw", action="store_true")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    levels = [(GFN1, CASES), (GFN2, CASES)]
    if given.gpaw:
        levels.append((Level("gpaw", "fast", {"vacuum": 3.0}), GPAW_CASES))
    with tempfile.TemporaryDirectory() as folder, Runner(folder, workers=1) as runner:
        for level, cases in levels:
            print(level.label)
            outcomes = [
                _try(runner, build(), level, name)
                for name, build in cases.items()
                if given.only in name
            ]
            _shares(outcomes, level.label)


if __name__ == "__main__":
    main()
