"""Calculators that misbehave on purpose, reached by import path from the tests."""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT


class Crashing(Calculator):
    """Kill the process, as a corrupted heap would."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]

    def calculate(self, atoms=None, properties=None, system_changes=all_changes) -> None:
        faulthandler.disable()  # pytest's would print a page about a crash that is wanted
        os.kill(os.getpid(), signal.SIGSEGV)


class NotFinite(Calculator):
    """Return NaN forces."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]

    def calculate(self, atoms=None, properties=None, system_changes=all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        self.results = {"energy": 1.0, "forces": np.full((len(atoms), 3), np.nan)}


class CountedEMT(EMT):
    """EMT that adds a line to a file for every calculation, slowly if asked, dying if asked."""

    def __init__(self, log: str, pause: float = 0.0, die_after: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.log, self.pause, self.die_after = Path(log), pause, die_after

    def calculate(self, atoms=None, properties=None, system_changes=all_changes) -> None:
        done = len(self.log.read_text().splitlines()) if self.log.exists() else 0
        if self.die_after and done >= self.die_after:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.pause)
        super().calculate(atoms, properties, system_changes)
        with self.log.open("a") as file:
            file.write(f"{os.getpid()}\n")


class LyingEMT(EMT):
    """EMT that says something else: the opposite, ten thousandfold, nothing, or an error."""

    def __init__(self, lie: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lie = lie

    def calculate(self, atoms=None, properties=None, system_changes=all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        if self.lie == "broken" and np.abs(self.results["forces"]).max() < 0.5:
            raise RuntimeError("no answer near a minimum")
        factor = {"flipped": -1.0, "huge": 1e4, "flat": 0.0, "broken": 1.0}[self.lie]
        for name in ("energy", "free_energy", "forces"):
            self.results[name] = factor * self.results[name]
