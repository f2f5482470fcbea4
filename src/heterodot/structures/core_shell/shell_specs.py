"""What a user says of a shell: a mapping, or the short form "ZnSe>ZnS:8A"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heterodot.checks import between, positive, whole
from heterodot.errors import StructureError
from heterodot.structures.core_shell.materials import Material, alloy_name, material

KEYS = ("material", "to", "monolayers", "thickness", "start", "end", "sub_shells")

_SHORT = re.compile(
    r"\s*(?P<material>[^>:]+?)\s*(>\s*(?P<to>[^>:]+?)\s*)?:\s*"
    r"(?P<number>\d+(\.\d*)?|\.\d+)\s*(?P<unit>ml|a|å|nm)\s*",
    re.IGNORECASE,
)

EXAMPLE = '"ZnSe:2ml", "ZnSe>ZnS:8A" or {material: ZnSe, to: ZnS, thickness: 8.0}'


@dataclass(frozen=True)
class ShellSpec:
    """One shell, as it will be made.

    Attributes
    ----------
    material : Material
        What it is made of at its inner side.
    to : Material or None
        What it turns into outward; None for a shell of one compound.
    monolayers : float
        Thickness in monolayers (a/√3 of its own material).
    start, end : float
        Fraction of ``to`` at the inner and the outer side.
    sub_shells : int
        How many parts of equal thickness have their composition fixed.
    """

    material: Material
    to: Material | None
    monolayers: float
    start: float
    end: float
    sub_shells: int

    @property
    def name(self) -> str:
        """Its domain: "ZnS", "ZnSeS"."""
        return self.material.name if self.to is None else alloy_name(self.material, self.to)

    @property
    def monolayer(self) -> float:
        """Thickness (Å) of one monolayer of the unstrained material; of a gradient, the mean."""
        inner = self.material.monolayer
        if self.to is None:
            return inner
        mean = 0.5 * (self.start + self.end)
        return inner + mean * (self.to.monolayer - inner)


def read_shells(
    shells: Sequence[Any], formal_charges: Mapping[str, float] | None = None
) -> list[ShellSpec]:
    """Read the shells from the inside out; their formal charges (e), by element, may be given.

    Raises
    ------
    StructureError
        One of them cannot be used; the message says which and why.
    """
    if isinstance(shells, str | Mapping) or not isinstance(shells, Sequence):
        raise StructureError(f"shells {shells!r}: expected a list of shells, such as {EXAMPLE}")
    return [_read(shell, f"shell {n}", formal_charges) for n, shell in enumerate(shells, start=1)]


def _read(given: Any, where: str, charges: Mapping[str, float] | None) -> ShellSpec:
    entry = _from_short(given, where) if isinstance(given, str) else given
    if not isinstance(entry, Mapping) or "material" not in entry or not set(entry) <= set(KEYS):
        raise StructureError(
            f"{where}: {_plain(entry)}, expected a mapping of {', '.join(KEYS)}, such as {EXAMPLE}"
        )
    inner = _material(entry["material"], where, charges)
    outer = None if entry.get("to") is None else _material(entry["to"], where, charges)
    start, end = _fractions(entry, outer, where)
    draft = ShellSpec(inner, outer, 1.0, start, end, 1)
    monolayers = _monolayers(entry, draft.monolayer, where)
    parts = _sub_shells(entry, outer, monolayers, where)
    return ShellSpec(inner, outer, monolayers, start, end, parts)


def _plain(entry: Any) -> str:
    return repr(dict(entry)) if isinstance(entry, Mapping) else repr(entry)


def _from_short(text: str, where: str) -> dict[str, Any]:
    match = _SHORT.fullmatch(text)
    if match is None:
        raise StructureError(f"{where}: {text!r}, expected {EXAMPLE}")
    entry: dict[str, Any] = {"material": match["material"], "to": match["to"]}
    number, unit = float(match["number"]), match["unit"].lower()
    if unit == "ml":
        return {**entry, "monolayers": number}
    return {**entry, "thickness": 10 * number if unit == "nm" else number}


def _material(source: Any, where: str, charges: Mapping[str, float] | None) -> Material:
    try:
        found = material(source, charges)
    except StructureError as error:
        raise StructureError(f"{where}: {error}") from None
    if not found.binary:
        raise StructureError(
            f"{where}: {found.name} has more than one cation or anion; a shell is made of binary "
            "compounds, or of a gradient between two"
        )
    return found


def _fractions(entry: Mapping[str, Any], outer: Material | None, where: str) -> tuple[float, float]:
    values = []
    for key, default in (("start", 0.0), ("end", 1.0)):
        value = entry.get(key)
        if value is not None and outer is None:
            raise StructureError(f"{where}: {key} without to; a fraction needs both materials")
        values.append(
            default
            if value is None
            else between(value, f"{where}: {key}", 0, 1, error=StructureError)
        )
    return values[0], values[1]


def _monolayers(entry: Mapping[str, Any], monolayer: float, where: str) -> float:
    count, thickness = entry.get("monolayers"), entry.get("thickness")
    if (count is None) == (thickness is None):
        raise StructureError(f"{where}: expected either monolayers or thickness (Å)")
    key, value = ("monolayers", count) if thickness is None else ("thickness", thickness)
    number = positive(value, f"{where}: {key}", below=1e6, error=StructureError)
    return number if thickness is None else number / monolayer


def _sub_shells(
    entry: Mapping[str, Any], outer: Material | None, monolayers: float, where: str
) -> int:
    value = entry.get("sub_shells")
    if value is None:
        return max(1, round(monolayers)) if outer is not None else 1
    if outer is None:
        raise StructureError(f"{where}: sub_shells without to; only a gradient has them")
    return whole(value, f"{where}: sub_shells", 1, 1000, error=StructureError)
