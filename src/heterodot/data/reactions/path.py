"""A reaction on a site as data: what is taken, what stands on the site, what is released.

H⁺ and e⁻ come in pairs, each ½ H2 on the reversible scale (computational hydrogen electrode), so
that every state of a path holds the same atoms: the site, what is on it, the gases still to be
taken, those released, and as H2 the pairs not yet taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from heterodot.checks import is_number
from heterodot.data.species.table import species
from heterodot.errors import InputError

BARE = "*"
"""The site with nothing on it, in :attr:`PathState.content`."""

_SAME = 1e-9
REFERENCES = ("H2", "H2O")
"""Gases every electrochemical step is referred to: named last, and never shifted."""


@dataclass(frozen=True)
class PathStep:
    """One step of a path.

    Attributes
    ----------
    to : str or None
        The species on the site after the step; None for the bare site.
    electrons : int
        (H⁺ + e⁻) pairs taken up; negative where they are given off.
    takes, releases : mapping of str to float
        Gases, and how many of each.
    protons : int or None
        H⁺ taken up; as many as electrons unless given.
    label : str
        Name of the state after the step; ``CO*``, or of a bare site ``CO(g)``, unless given.
    """

    to: str | None
    electrons: int = 0
    takes: Mapping[str, float] = field(default_factory=dict)
    releases: Mapping[str, float] = field(default_factory=dict)
    protons: int | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """Name of the state after the step."""
        bare = _gases(self.releases) or BARE
        return self.label or (bare if self.to is None else f"{self.to}*")


@dataclass(frozen=True)
class Branch:
    """Another way on from a state of the main line.

    Attributes
    ----------
    after : str
        Name of the state it leaves, for example ``CO2*``.
    steps : tuple of PathStep
        From there to the branch's own end.
    """

    after: str
    steps: tuple[PathStep, ...]


@dataclass(frozen=True)
class PathState:
    """One state of a path, with everything its Gibbs energy is the sum of.

    Attributes
    ----------
    label : str
    adsorbed : str or None
        What stands on the site.
    pairs : int
        (H⁺ + e⁻) taken up since the start.
    gases : mapping of str to float
        Still to be taken, or released.
    reservoir : float
        H2 for the pairs that are still to be taken.
    """

    label: str
    adsorbed: str | None
    pairs: int
    gases: Mapping[str, float]
    reservoir: float

    @property
    def surface(self) -> str:
        """``*``, or ``CO*``."""
        return _on_site(self.adsorbed)

    @property
    def content(self) -> dict[str, float]:
        """How often what is in the state: the site as ``*`` or ``CO*``, and gases by name."""
        gases = _sum([self.gases, {"H2": self.reservoir}])
        return {self.surface: 1.0, **{name: gases[name] for name in sorted(gases)}}


@dataclass(frozen=True, eq=False)
class ReactionPath:
    """A reaction path on a site; checked when it is made.

    Attributes
    ----------
    name : str
    steps : tuple of PathStep
        The main line, from the bare site.
    branches : mapping of str to Branch
        Other ways, by name.
    source : str
        Where the path is from.

    Raises
    ------
    InputError
        A species that is not in the table, states that are called alike, or a step that does not
        balance: the message says what is missing.
    """

    name: str
    steps: tuple[PathStep, ...]
    branches: Mapping[str, Branch] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        for branch in (None, *self.branches):
            steps = self._steps(branch)
            if not steps:
                raise InputError(f"path {self.name!r}: no steps; expected one or more")
            before = None
            for step in steps:
                self._check_balance(before, step)
                before = step.to
            labels = [state.label for state in self.line(branch)]
            twice = sorted({label for label in labels if labels.count(label) > 1})
            if twice:
                raise InputError(
                    f"path {self.name!r}: two states are called {twice[0]!r}; give one a label"
                )

    def line(self, branch: str | None = None) -> tuple[PathState, ...]:
        """Return the states of the main line, or of that to the end of a branch."""
        steps = self._steps(branch)
        total = sum(step.electrons for step in steps)
        waiting = _sum(step.takes for step in steps)
        states = [PathState(_gases(steps[0].takes) or BARE, None, 0, waiting, total / 2)]
        pairs, gases = 0, waiting
        for step in steps:
            pairs += step.electrons
            gases = _sum([gases, _times(-1, step.takes), step.releases])
            states.append(PathState(step.name, step.to, pairs, gases, (total - pairs) / 2))
        return tuple(states)

    @property
    def lines(self) -> dict[str | None, tuple[PathState, ...]]:
        """The states of the main line (under None) and of each branch."""
        return {branch: self.line(branch) for branch in (None, *self.branches)}

    @cached_property
    def adsorbates(self) -> tuple[str, ...]:
        """The species that stand on the site, in order."""
        states = (state for line in self.lines.values() for state in line)
        return tuple(dict.fromkeys(s.adsorbed for s in states if s.adsorbed is not None))

    @cached_property
    def gases(self) -> tuple[str, ...]:
        """The gases of all states, in order; H2 and H2O last."""
        steps = [step for branch in (None, *self.branches) for step in self._steps(branch)]
        found = dict.fromkeys(gas for step in steps for gas in (*step.takes, *step.releases))
        if any(step.electrons for step in steps):
            found["H2"] = None
        own = [gas for gas in found if gas not in REFERENCES]
        return (*own, *(gas for gas in REFERENCES if gas in found))

    def overall(self, branch: str | None = None) -> dict[str, float]:
        """Return the reaction between free species, products positive; pairs as ½ H2.

        Empty where the reaction is none (H2 from H2), or ends on the site.
        """
        first, *_, last = self.line(branch)
        if last.adsorbed is not None:
            return {}
        net = _sum([last.content, _times(-1, first.content)])
        reactants = {name: net[name] for name in sorted(net) if net[name] < 0}
        return {**reactants, **{name: net[name] for name in sorted(net) if net[name] > 0}}

    @property
    def equation(self) -> str:
        """The main line in a line: ``CO2 + 2 (H⁺ + e⁻) → CO + H2O``."""
        first, *_, last = self.line()
        net = _sum([last.gases, _times(-1, first.gases), {last.surface: 1.0}, {BARE: -1.0}])
        net = {name: net[name] for name in sorted(net, key=lambda name: name in REFERENCES)}
        net["(H⁺ + e⁻)"] = -last.pairs
        return " → ".join(_side({k: s * n for k, n in net.items() if s * n > 0}) for s in (-1, 1))

    @property
    def shiftable(self) -> tuple[str, ...]:
        """The gases of the overall reaction that can be shifted to its measured ΔG."""
        return tuple(sorted(gas for gas in self.overall() if gas not in REFERENCES))

    @property
    def product(self) -> str | None:
        """The gas released last that can be shifted; None without one."""
        made = [gas for step in reversed(self.steps) for gas in step.releases]
        return next((gas for gas in made if gas in self.shiftable), None)

    def first_with(self, adsorbed: str) -> tuple[str | None, PathState]:
        """Return the first line (None or the branch) and state in which a species is adsorbed."""
        return next(
            (branch, state)
            for branch, line in self.lines.items()
            for state in line
            if state.adsorbed == adsorbed
        )

    def reference(self, adsorbed: str) -> dict[str, float]:
        """Return the gases an adsorbed species is referred to, and how many of each.

        The free species where it is a gas of the path; else what it is made from along the path
        (COOH from CO2 + ½ H2).
        """
        if adsorbed in self.gases:
            return {adsorbed: 1.0}
        branch, state = self.first_with(adsorbed)
        first = self.line(branch)[0]
        net = _sum([first.content, _times(-1, state.content)])
        return {name: net[name] for name in sorted(net) if name not in (BARE, state.surface)}

    def _steps(self, branch: str | None) -> tuple[PathStep, ...]:
        """Return the steps of the main line, or of that to the end of a branch."""
        if branch is None:
            return self.steps
        taken, names = self.branches[branch], [step.name for step in self.steps]
        if taken.after not in names:
            raise InputError(
                f"path {self.name!r}: branch {branch!r} leaves {taken.after!r}, expected one of "
                f"{', '.join(names)}"
            )
        return (*self.steps[: names.index(taken.after) + 1], *taken.steps)

    def _check_balance(self, before: str | None, step: PathStep) -> None:
        """Refuse a step whose sides differ in atoms or charge."""
        protons = step.electrons if step.protons is None else step.protons
        for what, number in (("electrons", step.electrons), ("protons", protons)):
            if not is_number(number) or int(number) != number:
                raise InputError(
                    f"path {self.name!r}: {what} {number!r} of {step.name}, expected a whole number"
                )
        taken, released = self._checked(step.takes, step), self._checked(step.releases, step)
        left = _sum([_times(1, {} if before is None else {before: 1.0}), taken])
        right = _sum([_times(1, {} if step.to is None else {step.to: 1.0}), released])
        atoms = _sum([_atoms(left), {"H": protons}, _times(-1, _atoms(right))])
        charge = _charge(left) + protons - step.electrons - _charge(right)
        missing = [_counted(n, element) for element, n in atoms.items() if n > 0]
        missing_left = [_counted(-n, element) for element, n in atoms.items() if n < 0]
        (missing if charge < -_SAME else missing_left).extend(
            [_counted(abs(charge), "e⁻")] if abs(charge) > _SAME else []
        )
        if missing or missing_left:
            said = [f"{', '.join(missing_left)} missing on the left"] if missing_left else []
            said += [f"{', '.join(missing)} missing on the right"] if missing else []
            raise InputError(
                f"path {self.name!r}: {_equation(before, step, protons)} does not balance, "
                f"{' and '.join(said)}"
            )
        if protons != step.electrons:
            raise InputError(
                f"path {self.name!r}: step to {step.name} takes {protons} H⁺ and {step.electrons} "
                "e⁻, expected pairs (computational hydrogen electrode)"
            )

    def _checked(self, gases: Mapping[str, float], step: PathStep) -> Mapping[str, float]:
        for gas, count in gases.items():
            if not is_number(count) or not count > 0:
                raise InputError(
                    f"path {self.name!r}: {count!r} {gas} at {step.name}, expected a positive "
                    "number"
                )
        return gases


def reaction_text(reaction: Mapping[str, float]) -> str:
    """Return a reaction, products positive, as ``CO2 + H2 → CO + H2O(g)``."""
    left = {name: -n for name, n in reaction.items() if n < 0}
    right = {name: n for name, n in reaction.items() if n > 0}
    shown = {"H2O": "H2O(g)"}
    sides = ({shown.get(name, name): n for name, n in side.items()} for side in (left, right))
    return " → ".join(map(_side, sides))


def _gases(counts: Mapping[str, float]) -> str:
    return " + ".join(f"{_counted(n, gas)}(g)" for gas, n in counts.items())


def _equation(before: str | None, step: PathStep, protons: int) -> str:
    """Return a step with its site: ``CO2* + H⁺ + e⁻ → COOH*``."""
    left = {_on_site(before): 1.0, **step.takes}
    right = {_on_site(step.to): 1.0, **step.releases}
    for name, count in (("H⁺", protons), ("e⁻", step.electrons)):
        (left if count > 0 else right)[name] = abs(count)
    return f"{_side(left)} → {_side(right)}"


def _on_site(adsorbed: str | None) -> str:
    return BARE if adsorbed is None else f"{adsorbed}*"


def _side(counts: Mapping[str, float]) -> str:
    return " + ".join(_counted(n, name) for name, n in counts.items() if n)


def _counted(count: float, name: str) -> str:
    return name if count == 1 else f"½ {name}" if count == 0.5 else f"{count:g} {name}"


def _sum(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Add counts by name; those that cancel are left out."""
    total: dict[str, float] = {}
    for part in parts:
        for name, count in part.items():
            total[name] = total.get(name, 0.0) + count
    return {name: count for name, count in total.items() if abs(count) > _SAME}


def _times(factor: float, counts: Mapping[str, float]) -> dict[str, float]:
    return {name: factor * count for name, count in counts.items()}


def _atoms(counts: Mapping[str, float]) -> dict[str, float]:
    return _sum(_times(n, species(name).composition) for name, n in counts.items())


def _charge(counts: Mapping[str, float]) -> float:
    return sum(n * species(name).charge for name, n in counts.items())
