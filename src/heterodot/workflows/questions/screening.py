"""A funnel: screen many candidates at a cheap level, promote the best to dearer ones.

The candidates have one composition and charge, so that their total energies may be compared at each
level. Besides the best, a few controls from further down are promoted: without them the correlation
between two levels would be that of the chosen few alone, and a level that errs could not be caught.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag, unique_flags
from heterodot.analysis.figures.canvas import formerly_saved
from heterodot.analysis.figures.style import join_caption
from heterodot.analysis.screening.ranking import RankCorrelation, rank_correlation
from heterodot.calculators import Level
from heterodot.data.committee import disagreement
from heterodot.data.flags import Marked, flag_note, marked_label
from heterodot.deprecation import renamed
from heterodot.errors import CalculationError, InputError
from heterodot.provenance import total_charge
from heterodot.records import Record
from heterodot.workflows.parts.gates import (
    relaxation_gates,
    severity,
    structure_gates,
)
from heterodot.workflows.parts.minima import energy_forces, minima_apart, tasks_per_minimum
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.references import Reference, difference
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.questions.screening_candidates import candidates_of
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.outcomes import Failed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SAME_ENERGY = 1e-3
"""eV: two candidates that end this close, with the same distances, are one minimum. Chosen: a force
of 0.05 eV/Å left along a curvature of 3 eV/Å² (preconditioning.SOFTEST) is 0.4 meV. Which
candidates count as one depends on it."""

SAME_DISTANCE = 0.02
"""Å, between sorted distances of atoms. Chosen, together with SAME_ENERGY."""

MAX_CANDIDATES = 5000
"""Candidates of one screening at most."""


@dataclass(frozen=True)
class Screened(Record, written=("label", "energies", "roles", "flags", "fate", "structure")):
    """One candidate on its way through the levels.

    Attributes
    ----------
    label : str
    structure : Atoms
        As relaxed at the last level it reached; as built where it reached none.
    energies : tuple of float
        At each level it reached, eV.
    roles : tuple of str
        Why it was calculated at each of them: "screened" at the first, then "promoted" or
        "control".
    flags : tuple of Flag
        Of the last level it reached.
    fate : str
        Why it went no further; empty for those that reached the last level.
    energy_force : float or None
        Of the last level, where it takes its geometries from another: the largest force (eV/Å) its
        energies' level leaves.
    """

    label: str
    structure: Atoms
    energies: tuple[float, ...] = ()
    roles: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    fate: str = ""
    energy_force: float | None = None


@dataclass(frozen=True)
class ScreeningResult(Result):
    """The candidates in their final order, and how the levels agree.

    Attributes
    ----------
    candidates : tuple of Screened
        Those that went furthest first, and of these the lowest in energy.
    levels : tuple of str
        In words, the cheapest first.
    correlations : tuple of RankCorrelation
        Between each level and the next, of the candidates that have both energies.
    """

    candidates: tuple[Screened, ...]
    levels: tuple[str, ...]
    correlations: tuple[RankCorrelation, ...]

    @property
    def best(self) -> Screened:
        """The lowest candidate at the last level."""
        return self.candidates[0]

    @property
    def structures(self) -> dict[str, Atoms]:
        """The three best, relaxed."""
        return {f"rank-{n}": c.structure for n, c in enumerate(self.candidates[:3], 1)}

    def state_flags(self, state: str) -> tuple[Flag, ...]:
        """Return the flags of one of the three best."""
        return self.candidates[int(state.removeprefix("rank-")) - 1].flags

    def rests_on(self) -> tuple[Atoms, ...]:
        """Return the best candidate: the answer is its energy."""
        return (self.best.structure,)

    def counts(self) -> list[int]:
        """Return how many candidates were calculated at each level."""
        return [sum(len(c.energies) > n for c in self.candidates) for n in range(len(self.levels))]

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        counted = zip(self.levels, self.counts(), strict=True)
        values: Values = {f"candidates at {level}": Marked(n) for level, n in counted}
        for upper, found in enumerate(self.correlations, 1):
            pair = f"{self.levels[upper - 1]} against {self.levels[upper]}"
            both = [c for c in self.candidates if len(c.energies) > upper]
            flags = unique_flags(flag for c in both for flag in c.flags)
            values[f"Spearman ρ, {pair}"] = Marked(found.spearman, flags)
            values[f"95 % of ρ from, {pair}"] = Marked(found.low, flags)
            values[f"95 % of ρ to, {pair}"] = Marked(found.high, flags)
        values["best"] = self.best.label
        return {**values, "E (eV)": self.best.energies[-1]}

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "levels": list(self.levels),
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            "correlations": [found.to_dict() for found in self.correlations],
        }

    def headline(self) -> str:
        """Return the funnel, the correlations and the best candidates."""
        counts = ", ".join(f"{n} at {w}" for n, w in zip(self.counts(), self.levels, strict=True))
        lines = [f"{len(self.candidates)} candidates: {counts}"]
        pairs = zip(self.levels[:-1], self.levels[1:], self.correlations, strict=True)
        lines += [f"{a} against {b}: {found.statement()}" for a, b, found in pairs]
        lowest = self.best.energies[-1] if self.best.energies else 0.0
        last = [c for c in self.candidates if len(c.energies) == len(self.levels)]
        for number, candidate in enumerate(last[:5], 1):
            # a difference from the best rests on the best too
            energy = candidate.energies[-1] - lowest
            apart = disagreement(f"{candidate.label} above the best", energy)
            above = Marked(energy, unique_flags([*self.best.flags, *candidate.flags, *apart]))
            lines.append(f"{number}. {candidate.label}: +{above:.3f} eV ({candidate.roles[-1]})")
        reasons = Counter(c.fate for c in self.candidates if c.fate)
        lines += [f"{n} went no further: {fate}" for fate, n in reasons.most_common(6)]
        return "\n".join(lines)

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the drawings of this answer alone."""
        stages = range(len(self.correlations))
        names = [f"{name}-{stage + 1}" if len(stages) > 1 else name for stage in stages]
        return {names[stage]: partial(self.plot, title=title, stage=stage) for stage in stages}

    def references(self) -> tuple[Reference, ...]:
        """Return how far each candidate of the last level is above the best."""
        last = [c for c in self.candidates if len(c.energies) == len(self.levels)]
        return tuple(
            difference(
                f"{other.label} above the best",
                (1.0, other.label, other.energies[-1]),
                (-1.0, self.best.label, self.best.energies[-1]),
            )
            for other in last[1:]
        )

    @formerly_saved("path", "title", "stage")
    def plot(
        self, *, title: str = "", stage: int = -1, ax: Axes | None = None, caption: str = ""
    ) -> Figure:
        """Draw the energies at a level against those at the one before.

        Parameters
        ----------
        title : str
        stage : int
            Which pair of levels; the last by default.
        ax : matplotlib Axes, optional
            Where to draw, without the caption; a new figure unless given.
        caption : str
            Put before the caption's own sentences.
        """
        from heterodot.analysis.screening.plot import plot_screening

        pairs = range(len(self.levels) - 1)
        if not pairs or not -len(pairs) <= stage < len(pairs):
            raise InputError(f"stage {stage}: expected one of the {len(pairs)} pairs of levels")
        upper = pairs[stage] + 1
        both = [c for c in self.candidates if len(c.energies) > upper]
        rest = [c for c in self.candidates if len(c.energies) == upper]
        known = [c.energies[upper - 1] for c in (*both, *rest)]
        cheap, dear = min(known, default=0.0), min((c.energies[upper] for c in both), default=0.0)
        names = {c.label: marked_label(c.label, c.flags) for c in both}
        points = {names[c.label]: (c.energies[upper - 1], c.energies[upper]) for c in both}
        notes = [flag_note(c.flags, c.label) for c in both if c.flags]
        more = [f"{len(notes) - 3} more candidates are flagged"] if len(notes) > 3 else []
        return plot_screening(
            {name: (a - cheap, b - dear) for name, (a, b) in points.items()},
            {names[c.label]: c.roles[upper] for c in both},
            [c.energies[upper - 1] - cheap for c in rest],
            (self.levels[upper - 1], self.levels[upper]),
            ax=ax,
            title=title,
            caption=join_caption(
                [
                    caption,
                    f"{self.correlations[upper - 1].statement()}. Ticks: not promoted",
                    "Total energies of one composition and charge",
                    *notes[:3],
                    *more,
                ]
            ),
        )


@renamed(dot="atoms")
@dataclass(frozen=True, eq=False)
class Screening(Question):
    """Screen candidates at a cheap level and promote the best to the next.

    Give ``defects``, or ``adsorbate``, or ``candidates`` of your own.

    Parameters
    ----------
    atoms : Atoms
        What defects are made in, or the adsorbate is put on.
    levels : sequence of Level
        The cheapest first; two or more.
    defects : str, list of str or mapping, optional
        As for :func:`heterodot.structures.enumerate_configurations`: every symmetry-distinct
        placement is a candidate.
    adsorbate : str, optional
        On each of ``sites``, in every orientation.
    sites : sequence of int or str
        Atoms the adsorbate is put on, or an element: its surface atoms.
    n_starts : int, optional
        Orientations of each site at most.
    candidates : mapping of str to Atoms, optional
        By label; from Python only.
    keep : sequence of int
        How many go from each level to the next.
    controls : int
        How many of the others go with them, evenly spread over the rest of the order.
    limit : int
        Candidates at most: beyond it, that many are drawn at random (``seed``).
    seed : int
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    name : str

    Raises
    ------
    InputError
        No candidates, or of several compositions or charges.
    """

    kind: ClassVar[str] = "screening"

    atoms: Atoms
    levels: tuple[Level, ...]
    defects: str | list[str] | Mapping[str, int] | None = None
    adsorbate: str | None = None
    sites: str | tuple[int, ...] = ()
    n_starts: int | None = None
    candidates: Mapping[str, Atoms] | None = None
    keep: tuple[int, ...] = (5,)
    controls: int = 2
    limit: int = 200
    seed: int = 0
    fmax: float = 0.05
    steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.levels) < 2:
            raise InputError(f"levels: given {len(self.levels)}, expected two or more")
        if len(self.keep) != len(self.levels) - 1 or any(k < 1 for k in self.keep):
            raise InputError(
                f"keep {list(self.keep)}: expected {len(self.levels) - 1} positive numbers, one "
                "for each step from a level to the next"
            )
        if self.controls < 0:
            raise InputError(f"controls {self.controls}: expected 0 or more")
        if not 1 <= self.limit <= MAX_CANDIDATES:
            raise InputError(f"limit {self.limit}: expected 1 to {MAX_CANDIDATES}")
        built, crowded = candidates_of(self)
        kinds = {(a.get_chemical_formula(), round(total_charge(a), 6)) for a in built.values()}
        if len(kinds) > 1:
            listed = ", ".join(f"{formula} ({charge:+g})" for formula, charge in sorted(kinds))
            raise InputError(
                f"candidates of several compositions ({listed}): their total energies cannot be "
                "compared; screen one composition at a time"
            )
        object.__setattr__(self, "_built", built)
        object.__setattr__(self, "_crowded", crowded)

    @property
    def built(self) -> dict[str, Atoms]:
        """The candidates by label, as built."""
        found: dict[str, Atoms] = self.__dict__["_built"]
        return found

    @property
    def crowded(self) -> tuple[str, ...]:
        """The sites that have no room for the adsorbate."""
        found: tuple[str, ...] = self.__dict__["_crowded"]
        return found

    @property
    def level(self) -> Level:
        """The last level, whose order counts."""
        return self.levels[-1]

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        n = len(self.built)
        each = [n, *(min(n, k + self.controls) for k in self.keep)]
        counted = zip(each, self.levels, strict=True)
        return sum(count * tasks_per_minimum(level) for count, level in counted)

    def run(self, runner: Runner) -> ScreeningResult:
        """Relax all at the first level, and fewer at each of the next."""
        known = {label: Screened(label, atoms) for label, atoms in self.built.items()}
        chosen = dict.fromkeys(known, "screened")
        for stage, level in enumerate(self.levels):
            known.update(self._calculate(runner, level, known, chosen))
            if not any(len(c.energies) > stage for c in known.values()):
                raise CalculationError(
                    f"{self.name}: no candidate could be calculated at {level.label}: "
                    f"{next(iter(c.fate for c in known.values() if c.fate), '')}"
                )
            if stage < len(self.keep):
                chosen, left = self._choose(known, stage)
                known.update({k: replace(known[k], fate=why) for k, why in left.items()})
        return self._result(known)

    def _calculate(
        self,
        runner: Runner,
        level: Level,
        known: Mapping[str, Screened],
        chosen: Mapping[str, str],
    ) -> dict[str, Screened]:
        labels = list(chosen)
        starts = [known[label].structure for label in labels]
        called = [f"{self.name} {label} {level.code}".strip() for label in labels]
        outcomes = minima_apart(runner, starts, level, self.fmax, self.steps, called)
        found = {}
        for label, outcome in zip(labels, outcomes, strict=True):
            before = known[label]
            if isinstance(outcome, Failed):
                found[label] = replace(before, fate=f"failed at {level.label}: {outcome.error}")
                continue
            relaxed = outcome.result
            flags = relaxation_gates(relaxed, self.fmax, label)
            flags += structure_gates(self.built[label], relaxed.structure)
            found[label] = replace(
                before,
                structure=relaxed.structure,
                energies=(*before.energies, relaxed.energy),
                roles=(*before.roles, chosen[label]),
                flags=flags,
                energy_force=relaxed.energy_force,
            )
        return found

    def _choose(
        self, known: Mapping[str, Screened], stage: int
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return who goes on, as what, and why the others do not."""
        here = sorted(
            (c for c in known.values() if len(c.energies) == stage + 1),
            key=lambda c: c.energies[-1],
        )
        left: dict[str, str] = {}
        order: list[Screened] = []
        # a doubt that all share sorts none out
        least = min((severity(c.flags) for c in here), default=0)
        for candidate in here:
            twin = next((o for o in order if _same_minimum(o, candidate)), None)
            if severity(candidate.flags) > least:
                worst = max(candidate.flags, key=lambda flag: severity((flag,)))
                left[candidate.label] = f"{worst.name} at {self.levels[stage].label}"
            elif twin is not None:
                left[candidate.label] = "ended as another candidate"
            else:
                order.append(candidate)
        keep = self.keep[stage]
        chosen = {c.label: "promoted" for c in order[:keep]}
        rest = order[keep:]
        for index in np.unique(np.linspace(0, len(rest) - 1, min(self.controls, len(rest)))):
            chosen[rest[int(index)].label] = "control"
        for candidate in rest:
            if candidate.label not in chosen:
                left[candidate.label] = f"not among the best {keep} at {self.levels[stage].label}"
        return chosen, {label: why for label, why in left.items() if label not in chosen}

    def _result(self, known: Mapping[str, Screened]) -> ScreeningResult:
        last = len(self.levels)
        ranked = sorted(
            known.values(), key=lambda c: (-len(c.energies), c.energies[-1:] or (np.inf,))
        )
        correlations = []
        for upper in range(1, last):
            both = [c for c in ranked if len(c.energies) > upper]
            correlations.append(
                rank_correlation([c.energies[upper - 1] for c in both],
                                 [c.energies[upper] for c in both])
            )  # fmt: skip
        best = ranked[0]
        flags = best.flags
        if best.roles[-1] == "control":
            flags += (
                Flag("control-is-best", f"{best.label} was a control: raise keep, the cheaper "
                     "level does not find the best"),
            )  # fmt: skip
        if self.crowded:
            listed = ", ".join(self.crowded)
            flags += (Flag("no-room", f"no start of {self.adsorbate} fits on {listed}"),)
        caveats = [text for level in self.levels for text in level.caveats(best.structure)]
        if self.adsorbate is not None:
            caveats += [text for level in self.levels for text in level.binding_caveats]
        return ScreeningResult(
            level=self.levels[-1].label,
            flags=flags,
            caveats=tuple(dict.fromkeys(caveats)),
            energy_forces=energy_forces(best=best.energy_force),
            candidates=tuple(ranked),
            levels=tuple(level.label for level in self.levels),
            correlations=tuple(correlations),
        )


def _same_minimum(a: Screened, b: Screened) -> bool:
    """Whether two candidates ended in one minimum, turned or with like atoms exchanged."""
    if abs(a.energies[-1] - b.energies[-1]) > SAME_ENERGY:
        return False
    return bool(np.abs(_fingerprint(a.structure) - _fingerprint(b.structure)).max() < SAME_DISTANCE)


def _fingerprint(atoms: Atoms) -> np.ndarray:
    """Sorted distances of each pair of elements, Å, one after the other."""
    distances = atoms.get_all_distances(mic=bool(atoms.pbc.any()))
    i, j = np.triu_indices(len(atoms), 1)
    pair = np.sort(np.array([atoms.numbers[i], atoms.numbers[j]]), axis=0)
    order = np.lexsort((distances[i, j], pair[1], pair[0]))
    found: np.ndarray = distances[i, j][order]
    return found
