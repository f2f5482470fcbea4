"""The barrier of CO2* → COOH*, the step that limits CO2 reduction on these dots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ase import Atoms

from heterodot.calculators import Level
from heterodot.data.conditions import STANDARD_TEMPERATURE
from heterodot.structures.paths.protonation import carboxyl_ends
from heterodot.workflows.parts.candidates import prepare_site
from heterodot.workflows.parts.question import Question
from heterodot.workflows.questions.paths.result import ReactionPathResult
from heterodot.workflows.questions.paths.search import ReactionPathSearch
from heterodot.workflows.tasks.outcomes import Asks


@dataclass(frozen=True, eq=False)
class CarboxylBarrier(Question):
    """The barrier of a step of CO2 reduction whose two ends are built by name.

    Parameters
    ----------
    dot : Atoms
        Clean.
    level : Level
    site : int
        Atom that binds.
    step : {"CO2-COOH"}
    hydrogen : {"SH", "H2O"}
        Where the hydrogen comes from: a surface S–H, or water, which leaves OH.
    free_radius : float or None
        Å around the site within which atoms move; None for all.
    images, surrogate, fmax, steps, temperature
        As of :class:`ReactionPathSearch`.
    vibrations : {"all", "moving", "none"}
        As there.
    name : str
    """

    kind: ClassVar[str] = "reaction_step"

    dot: Atoms
    level: Level
    site: int
    step: Literal["CO2-COOH"] = "CO2-COOH"
    hydrogen: Literal["SH", "H2O"] = "SH"
    free_radius: float | None = None
    images: int = 7
    surrogate: Literal["auto", "gp", "none"] = "auto"
    vibrations: Literal["all", "moving", "none"] = "moving"
    fmax: float = 0.05
    steps: int = 200
    temperature: float = STANDARD_TEMPERATURE
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.search  # noqa: B018 - what cannot be built is said now

    @property
    def search(self) -> ReactionPathSearch:
        """The search between the two ends."""
        clean = prepare_site(self.dot, self.site, self.free_radius)
        start, end = carboxyl_ends(clean, self.site, self.hydrogen)
        return ReactionPathSearch(
            start,
            end,
            self.level,
            images=self.images,
            surrogate=self.surrogate,
            vibrations=self.vibrations,
            fmax=self.fmax,
            steps=self.steps,
            temperature=self.temperature,
            name=self.name or f"{self.step}, H from {self.hydrogen}",
        )

    @property
    def planned_tasks(self) -> int:
        """Tasks at most, about."""
        return 7 + 8 * self.images

    def run(self, runner: Asks) -> ReactionPathResult:
        """Search the path; its images bear the note where the hydrogen is from."""
        return self.search.run(runner)
