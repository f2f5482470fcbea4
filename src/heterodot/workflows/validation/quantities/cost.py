"""What one evaluation costs."""

from __future__ import annotations

import time

import numpy as np

from heterodot.calculators import Level
from heterodot.data.validation.measured import Quantity
from heterodot.structures import crystal, passivate, pyramid
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.validation.comparison import Comparison, Findings

EVALUATIONS = 3
MOVE = 0.005
"""Å: the atoms move this much, at random, between two evaluations, as in a relaxation."""


class EvaluationCost(Comparison):
    """CPU time of energy and forces of a T3 dot."""

    name = "cost"

    def quantity(self) -> Quantity:
        """There is no right value."""
        return Quantity(
            "cost of an evaluation", "ms of CPU an atom",
            "energy and forces of a passivated T3 CuInS2 dot, one thread, the first one left out",
        )  # fmt: skip

    def ask(self, runner: Runner, level: Level, findings: Findings) -> None:  # noqa: ARG002
        """Time evaluations in this process: a time is nothing a store should answer."""
        dot = level.prepare(passivate(pyramid(crystal("CuInS2"), 3, truncate_corners=True)))
        random = np.random.default_rng(1)
        with level.translate_errors():
            dot.calc = level.calculator(dot)
            dot.get_forces()
            spent = []
            for _ in range(EVALUATIONS):
                dot.positions += random.uniform(-MOVE, MOVE, dot.positions.shape)
                start = time.process_time()
                dot.get_forces()
                spent.append(time.process_time() - start)
        findings.values[f"{len(dot)} atoms"] = 1e3 * float(np.median(spent)) / len(dot)
