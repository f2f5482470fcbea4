"""Elements, domains and layers of a core/shell dot, and the record of what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures.core_shell.gradients import mixed
from heterodot.structures.core_shell.materials import Material
from heterodot.structures.core_shell.shell_specs import ShellSpec

RECORD = "core_shell"


@dataclass(frozen=True)
class FillingPlan:
    """Which site belongs to what.

    Attributes
    ----------
    core : Material
    shells : sequence of ShellSpec
    edges : (S + 1,) float array
        Depth (Å) at which the core and each shell end.
    depth : (N,) float array
        Of each site, Å outside the core's surface.
    number : (N,) int array
        0 in the core, k in the k-th shell.
    """

    core: Material
    shells: Sequence[ShellSpec]
    edges: np.ndarray
    depth: np.ndarray
    number: np.ndarray


def fill(dot: Atoms, plan: FillingPlan, occupation: str, seed: int) -> None:
    """Set elements, ``domain``, ``layer`` and ``formal_charge`` of the sites in place, and record.

    Raises
    ------
    StructureError
        A shell (or the core) holds no atom.
    """
    rng = np.random.default_rng(seed)
    provenance.carry_flags(
        dot,
        *(m.crystal for shell in plan.shells for m in (shell.material, shell.to) if m is not None),
    )
    names = [plan.core.name, *(shell.name for shell in plan.shells)]
    parts = [{"material": plan.core.name, "outer_boundary": 0.0}]
    for k in range(1, len(names)):
        parts.append(_fill_shell(dot, plan, k, occupation, rng))
    symbols = np.array(dot.get_chemical_symbols())
    for k, part in enumerate(parts):
        elements, counts = np.unique(symbols[plan.number == k], return_counts=True)
        if not len(elements):
            what = "the core" if k == 0 else f"shell {k}"
            raise StructureError(f"{what} ({names[k]}) holds no atom: make it larger")
        part["atoms"] = dict(zip(elements.tolist(), counts.tolist(), strict=True))
    dot.arrays["domain"] = np.array(names)[plan.number]  # set_array would cut the names
    dot.set_array("layer", plan.number.astype(np.int64))
    provenance.update(dot, **{RECORD: {"lattice": plan.core.lattice, "parts": parts}})


def _fill_shell(
    dot: Atoms, plan: FillingPlan, k: int, occupation: str, rng: np.random.Generator
) -> dict[str, Any]:
    """Put the elements of shell k on its sites; return what is recorded of it."""
    shell, inside = plan.shells[k - 1], plan.number == k
    width = plan.edges[k] - plan.edges[k - 1]
    part: dict[str, Any] = {
        "material": shell.name,
        "monolayers": float(shell.monolayers),
        "thickness": float(shell.monolayers * shell.monolayer),
        "thickness_on_lattice": float(width),
        "outer_boundary": float(plan.edges[k]),
    }
    height = (plan.depth - plan.edges[k - 1]) / width
    anion = dot.arrays["sublattice"] == "anion"
    for sublattice, mine in (("cation", inside & ~anion), ("anion", inside & anion)):
        element = _element(shell.material, sublattice)
        _occupy(dot, np.flatnonzero(mine), element, shell.material)
        if shell.to is None or _element(shell.to, sublattice) == element:
            continue
        chosen, report = mixed(shell, height[mine], sublattice, occupation, rng)
        sites = np.flatnonzero(mine)[chosen]
        _occupy(dot, sites, _element(shell.to, sublattice), shell.to)
        part.setdefault("sub_shells", []).extend(report)
    return part


def _element(material: Material, sublattice: str) -> str:
    return material.cations[0] if sublattice == "cation" else material.anions[0]


def _occupy(dot: Atoms, sites: np.ndarray, element: str, material: Material) -> None:
    dot.numbers[sites] = atomic_numbers[element]
    dot.arrays["formal_charge"][sites] = material.charges[element]


def note_parts(dot: Atoms, pruned: dict[str, int], mismatches: dict[str, float]) -> None:
    """Note in place what the dot consists of, its rounding, what was pruned, and the mismatch."""
    for part in provenance.details(dot)[RECORD]["parts"]:
        provenance.add_note(dot, _part_note(part))
    if pruned:
        listed = " and ".join(f"{n} {kind}s" for kind, n in sorted(pruned.items()))
        provenance.add_note(dot, f"left out at the surface for too few bonds: {listed}")
    strained = {name: m for name, m in mismatches.items() if abs(m) > 5e-4}
    if strained:
        listed = ", ".join(f"{name} {100 * m:+.1f} %" for name, m in strained.items())
        provenance.add_note(dot, f"lattice of the core; strain this puts on the shells: {listed}")


def _part_note(part: dict[str, Any]) -> str:
    listed = ", ".join(f"{n} {element}" for element, n in sorted(part["atoms"].items()))
    if "monolayers" not in part:
        return f"core {part['material']}: {listed}"
    text = (
        f"shell {part['material']}: {listed}; {part['monolayers']:.3g} monolayers, "
        f"{part['thickness']:.3g} Å ({part['thickness_on_lattice']:.3g} Å on the core's lattice)"
    )
    off = [abs(s["found"] - s["asked"]) for s in part.get("sub_shells", [])]
    if off:
        text += f"; {len(off)} sub-shells, each within {max(off):.2g} atoms of the gradient"
    return text
