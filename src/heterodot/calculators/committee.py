"""A committee: one level of theory made of several, whose disagreement is an error bar.

Energy, forces and stress are the means of its members'; what each of them says of the energy goes
with every result (:class:`heterodot.data.committee.CommitteeEnergy`), so that the spread of every
difference is that of the members' own differences. Everything else is that of the mean: geometries
are its minima, and vibrational corrections are taken by its forces, the same for all members.

The members share what they were trained on: their spread is a lower bound of the error. Potentials
of one family and of one set of data err together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes

from heterodot.calculators.capabilities import Availability, Capabilities, Effort
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.level import Level
from heterodot.calculators.protocol_files import PROTOCOL_NAMES
from heterodot.calculators.registry import Code, get_code
from heterodot.calculators.spin import SpinState
from heterodot.data.committee import CommitteeEnergy
from heterodot.data.flags import Flag, unique_flags
from heterodot.errors import InputError, LevelError

DEFAULT_MEMBERS: tuple[str | Mapping[str, Any], ...] = (
    "sevennet",
    {"code": "sevennet", "overrides": {"model": "7net-l3i5"}},
    {"code": "sevennet", "overrides": {"model": "7net-mf-0"}},
    "chgnet",
)
"""The potentials whose weights come with their packages, one of each training, all by PBE.

Their mean puts ΔE of COOH* on a T3 dot of Zn-doped CuInS2 within 0.02, 0.09 and 0.02 eV of GPAW's
PBE (Types A, B and C, on Cu) and within 0.17 eV on S, where each of them is 0.07 to 0.58 eV off;
without 7net-l3i5, the dearest (half of the 1.3 s that 50 atoms take one core), it is 0.32 eV off on
S and the spread of 0.26 eV no longer covers it."""

_SPREAD = (
    "± is how far the members are apart: what all were trained on alike (data, functional) is not "
    "in it"
)
_SPIN = "the lowest spin of {} is taken as it is: a committee tries no other"


class Committee(Code):
    """Several levels as one: the mean of their energies, forces and stresses."""

    name = "committee"
    capabilities = Capabilities(stress=True)
    effort = Effort(50, 1.5, 1.0, 3000, 1.0)
    """Of the default members; measured on one core: 50 atoms of ZnS 1.3 s."""
    keywords = {  # noqa: RUF012
        "members": Keyword(
            (list,), "codes by name, or mappings of code, protocol and overrides; two or more"
        )
    }
    is_defined_here = True

    def protocols(self) -> dict[str, dict[str, Any]]:
        """Return the default members for each protocol, at that protocol of theirs."""
        return {name: {"members": list(DEFAULT_MEMBERS)} for name in PROTOCOL_NAMES}

    def resolve(self, protocol: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members written out; they are of the committee's protocol unless they say."""
        members = super().resolve(protocol, overrides)["members"]
        return {"members": [_level(one, protocol).to_dict() for one in members]}

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse fewer than two members, one twice, and a committee among them."""
        members = self.members(settings)
        if len(members) < 2:
            raise LevelError(f"{self.name}: {len(members)} members: expected two or more")
        seen: dict[str, str] = {}
        for name, level in members.items():
            if level.code == self.name:
                raise LevelError(f"{self.name}: members: a committee: name its own members")
            known = seen.setdefault(_known_by(level), name)
            if known != name:
                raise LevelError(
                    f"{self.name}: members: {level.label} twice: expected different levels"
                )

    def members(self, settings: Mapping[str, Any]) -> dict[str, Level]:
        """Return the levels of the members by their labels, numbered where they are alike."""
        found: dict[str, Level] = {}
        for data in settings["members"]:
            level = Level.from_dict(data)
            like = sum(other.label == level.label for other in found.values())
            found[f"{level.label} ({like + 1})" if like else level.label] = level
        return found

    def identity(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members' identities; in which order they are named decides nothing."""
        levels = sorted(self.members(settings).values(), key=_known_by)
        return {"members": [{"code": one.code, "settings": one.identity} for one in levels]}

    def study_complaint(self, overrides: Mapping[str, Any]) -> str:
        """Say which member a study must not have, and why."""
        members = overrides.get("members")
        for one in members if isinstance(members, list | tuple) else ():
            code, own = (
                (one, {}) if isinstance(one, str) else (one.get("code"), one.get("overrides"))
            )
            complaint = get_code(str(code)).study_complaint(own or {})
            if complaint:
                return f"members: {code}: {complaint}"
        return ""

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return "committee" and the labels of the members."""
        return f"committee ({'; '.join(self.members(settings))})"

    def capabilities_at(self, settings: Mapping[str, Any]) -> Capabilities:
        """Return what all members can; one that could take its process along decides for all."""
        each = [level.capabilities for level in self.members(settings).values()]
        known = [one.elements for one in each if one.elements is not None]
        return Capabilities(
            charge=all(one.charge for one in each),
            periodic=all(one.periodic for one in each),
            molecular=all(one.molecular for one in each),
            stress=all(one.stress for one in each),
            pseudo_hydrogen=all(one.pseudo_hydrogen for one in each),
            native=any(one.native for one in each),
            elements=reduce(frozenset.__and__, known) if known else None,
        )

    def knows_electrons(self, settings: Mapping[str, Any]) -> bool:
        """Whether any member does."""
        return any(level.knows_electrons for level in self.members(settings).values())

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return those of all members, and what a spread is not."""
        members = self.members(settings)
        found = [text for level in members.values() for text in level.caveats(atoms)]
        with_spin = [name for name, level in members.items() if level.capabilities.spin]
        if with_spin:
            found.append(_SPIN.format(", ".join(with_spin)))
        return (*dict.fromkeys(found), _SPREAD)

    def doubts(self, atoms: Atoms, settings: Mapping[str, Any], force: float) -> tuple[Flag, ...]:
        """Return what any member flags."""
        levels = self.members(settings).values()
        return unique_flags(flag for level in levels for flag in level.doubts(atoms, force))

    def check(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:
        """Refuse what one of the members cannot calculate."""
        states = [level.check(atoms) for level in self.members(settings).values()]
        return max(states, key=lambda state: state.polarized)

    def prepare(self, atoms: Atoms, settings: Mapping[str, Any]) -> Atoms:
        """Return a copy with what all members need (a vacuum box, …)."""
        levels = self.members(settings).values()
        return reduce(lambda ready, level: level.prepare(ready), levels, atoms.copy())

    def calculator(
        self,
        atoms: Atoms,
        settings: Mapping[str, Any],
        spin: SpinState,  # noqa: ARG002 - each member has its own
        directory: Path | None,
    ) -> Any:
        """Return the mean of the members' calculators; each has a folder of its own."""
        calculators = {}
        for number, (name, level) in enumerate(self.members(settings).items(), 1):
            folder = None if directory is None else directory / f"member-{number}"
            if folder is not None and level.capabilities.native:  # others make theirs
                folder.mkdir(parents=True, exist_ok=True)
            with level.translate_errors():
                calculators[name] = (level, level.calculator(atoms, folder))
        return CommitteeCalculator(calculators)

    def availability(self) -> Availability:
        """Return whether the default members can run here."""
        return self.availability_at(Level(self.name).settings)

    def availability_at(self, settings: Mapping[str, Any]) -> Availability:
        """Return whether all members can run here; the first that cannot says why."""
        each = [level.availability for level in self.members(settings).values()]
        missing = next((one for one in each if not one.available), None)
        versions = dict.fromkeys(part for one in each for part in one.version.split(", "))
        return missing or Availability(True, ", ".join(versions))


def _level(given: Any, protocol: str) -> Level:
    """Return the level of a member, at the committee's protocol unless it has its own."""
    if isinstance(given, str):
        given = {"code": given}
    if not isinstance(given, Mapping) or not {"ranks", "geometry"}.isdisjoint(given):
        raise LevelError(
            f"{Committee.name}: members: {given!r}: expected the name of a code, or a mapping of "
            "code, protocol and overrides"
        )
    try:
        return Level.from_dict({"protocol": protocol, **given})
    except InputError as error:
        raise LevelError(f"{Committee.name}: members: {error}") from error


def _known_by(level: Level) -> str:
    return f"{level.code} {sorted(level.identity.items())}"


class CommitteeCalculator(Calculator):
    """The mean of several ASE calculators, with the energy of each among its results.

    Parameters
    ----------
    members : mapping of str to (Level, ASE calculator)
        By label.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(self, members: Mapping[str, tuple[Level, Any]]) -> None:
        super().__init__()
        self.members = dict(members)
        if any(hasattr(calculator, "forget") for _, calculator in members.values()):
            self.forget = self._forget

    def _forget(self) -> None:
        """Let members start the SCF of the next geometry as if there had been none before."""
        for _, calculator in self.members.values():
            if hasattr(calculator, "forget"):
                calculator.forget()

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Ask each member, and take the means."""
        super().calculate(atoms, list(properties), list(system_changes))
        wanted = ["forces", *(["stress"] if "stress" in properties else [])]
        energies, free, arrays = {}, [], []
        for name, (level, calculator) in self.members.items():
            with level.translate_errors():
                energies[name] = float(calculator.get_potential_energy(self.atoms))
                has_free = "free_energy" in calculator.implemented_properties
                which = "free_energy" if has_free else "energy"
                free.append(float(calculator.get_property(which, self.atoms)))
                arrays.append([calculator.get_property(one, self.atoms) for one in wanted])
        means = [
            np.mean([np.asarray(a, float) for a in each], 0) for each in zip(*arrays, strict=True)
        ]
        self.results = {
            "energy": float(CommitteeEnergy.of(energies)),
            "free_energy": float(np.mean(free)),
            "members": energies,
            **dict(zip(wanted, means, strict=True)),
        }
