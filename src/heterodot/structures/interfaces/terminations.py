"""Terminations: every chemical layer a surface can end with, named, indexed and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.checks import is_whole
from heterodot.errors import StructureError
from heterodot.records import Record
from heterodot.structures.chemistry.electrons import formal_charges
from heterodot.structures.crystals.crystal import crystal as as_crystal
from heterodot.structures.crystals.crystal import symmetry_dataset
from heterodot.structures.crystals.planes import plane_normal
from heterodot.structures.interfaces.layers import LayerStack, layer_stack
from heterodot.structures.matching.settings import parse_indices, setting_matrix, to_crystal
from heterodot.structures.matching.surface_cell import SYMPREC

NO_DIPOLE = 2e-3
"""e/Å: dipoles per area below this are taken for rounding of the coordinates."""

SAME_LAYER = 0.05
"""Å; a layer's image under a symmetry operation is the layer this close to it."""


@dataclass(frozen=True)
class Termination(Record):
    """A layer a surface may end with.

    Attributes
    ----------
    index : int
        Number of the layer in a period, from below.
    name : str
        Its composition, cations first ("PbBr2"); layers of one composition that no symmetry makes
        equivalent are told apart by letters ("O-a", "O-b").
    composition : dict of str to int
        Atoms in the primitive surface cell.
    height, thickness : float
        Middle of the layer along the normal, from the start of the period, and from its lowest to
        its highest atom, Å.
    gap_above, gap_below : float
        Empty height to the next layers, Å.
    charge : float
        Sum of its formal charges, e per primitive surface cell.
    broken_above, broken_below : int
        Bonds of the crystal, per primitive surface cell, that are cut where the layer is the top
        of a slab, and where it is the bottom.
    strength_above, strength_below : float
        Pauling strength (e) of these bonds; in metals their number.
    equivalent_to : int
        The first layer of the period that a symmetry operation which keeps the normal takes to
        this one; its own index where there is none before it.
    mirror : int or None
        A layer with which a slab can end below so that both faces are the same by symmetry; None
        where no operation of the crystal turns the normal over.
    area : float
        Of the primitive surface cell, Å².
    dipole_above, dipole_below : float
        Of formal charges, per area, of one repeat of the crystal that ends above with the layer,
        and of one that begins below with it, e/Å: 0 where a slab of whole repeats is not polar.
    """

    index: int
    name: str
    composition: dict[str, int]
    height: float
    thickness: float
    gap_above: float
    gap_below: float
    charge: float
    broken_above: int
    broken_below: int
    strength_above: float
    strength_below: float
    equivalent_to: int
    mirror: int | None
    area: float
    dipole_above: float
    dipole_below: float

    @property
    def distinct(self) -> bool:
        """Whether it is the first of its equivalents."""
        return self.equivalent_to == self.index

    def summary(self) -> str:
        """Return one line for people."""
        twin = "" if self.distinct else f", equivalent to {self.equivalent_to}"
        polar = "polar" if abs(self.dipole_above) > NO_DIPOLE else "not polar"
        both = "no symmetric slab" if self.mirror is None else f"symmetric with {self.mirror} below"
        return (
            f"{self.index} {self.name}: {100 * self.broken_above / self.area:.1f} bonds/nm² cut "
            f"above, {100 * self.broken_below / self.area:.1f} below, layer charge "
            f"{self.charge:+g} e, {both}{twin}, {polar}"
        )


def terminations(
    crystal: str | Path | Atoms | Any,
    miller: Sequence[int] | str,
    *,
    distinct: bool = False,
    planes: bool = False,
    formal_charges: Mapping[str, float] | None = None,
) -> list[Termination]:
    """Find every termination of a crystal's surface (hkl).

    A termination is a chemical layer: atoms that lie nearly level and next to each other stay
    together (Pb and Br of a PbBr2 plane that is rumpled), sheets without bonds to the next
    (MoS2) stay whole.

    Parameters
    ----------
    crystal : str, Path, Atoms or pymatgen Structure
        Anything :func:`heterodot.structures.crystal` takes; a crystal it made keeps its axes.
    miller : three int or str
        Indices of the plane in the crystal's axes, or with a setting ("pseudo-cubic:(220)").
    distinct : bool
        Only one of each set of equivalent ones.
    planes : bool
        Whether to part layers into their planes of atoms: so the single-Al face of Al2O3 (0001) is
        found, where a layer of two rumpled Al planes is cut in two.
    formal_charges : mapping of element to charge (e), optional
        As for :func:`heterodot.structures.crystal`.

    Returns
    -------
    list of Termination
        From the lowest layer of a period to the highest.

    Raises
    ------
    StructureError
        The crystal or the indices are none.
    """
    bulk = as_crystal(crystal, formal_charges=formal_charges)
    found = stack_terminations(layer_stack(bulk, own_miller(bulk, miller), planes))
    return [t for t in found if t.distinct] if distinct else found


def faces_inside_layers(
    crystal: str | Path | Atoms | Any,
    miller: Sequence[int] | str,
    formal_charges: Mapping[str, float] | None = None,
) -> list[Termination]:
    """Return faces without a dipole that only appear where polar layers are parted into planes.

    The single-Al face of Al2O3 (0001) is one: between two Al layers, each of two planes.

    Parameters
    ----------
    crystal, miller, formal_charges
        As for :func:`terminations`.

    Returns
    -------
    list of Termination
        With their places and names among the planes, each distinct one once; none where a layer
        has such a face already.
    """
    bulk = as_crystal(crystal, formal_charges=formal_charges)
    if any(abs(whole.dipole_above) <= NO_DIPOLE for whole in terminations(bulk, miller)):
        return []
    parted = terminations(bulk, miller, distinct=True, planes=True)
    return [plane for plane in parted if abs(plane.dipole_above) <= NO_DIPOLE]


def own_miller(crystal: Atoms, plane: Sequence[int] | str) -> tuple[int, int, int]:
    """Return a plane's indices in the crystal's own axes, as the smallest integers.

    Parameters
    ----------
    crystal : Atoms
    plane : three int or str
        In the crystal's axes, or with a named setting: "2-1-1", "pseudo-cubic:(220)".

    Raises
    ------
    StructureError
        They are no plane.
    """
    indices = parse_indices(plane)
    if not indices.kind.startswith("plane"):
        raise StructureError(f"{indices}: expected a plane, (hkl), not a direction")
    return to_crystal(indices, setting_matrix(crystal, indices.setting))


def stack_terminations(stack: LayerStack) -> list[Termination]:
    """Return the terminations of a sorted stack of layers."""
    same, mirror = _images(stack)
    charges = ionic_charges(stack.atoms)
    names = _names(stack, same)
    found = []
    for r in range(stack.n_layers):
        members = stack.members(r)
        found.append(
            Termination(
                index=r,
                name=names[r],
                composition=dict(Counter(stack.atoms[members].get_chemical_symbols())),
                height=float(stack.centres[r]),
                thickness=float(stack.tops[r] - stack.bottoms[r]),
                gap_above=float(stack.gaps[r]),
                gap_below=float(stack.gaps[r - 1]),
                charge=round(float(charges[members].sum()), 9) + 0.0,
                broken_above=int(stack.crossing_bonds[r]),
                broken_below=int(stack.crossing_bonds[r - 1]),
                strength_above=float(stack.crossing_strength[r]),
                strength_below=float(stack.crossing_strength[r - 1]),
                equivalent_to=same[r],
                mirror=mirror[r],
                area=stack.area,
                dipole_above=round(repeat_dipole(stack, r + 1), 9) + 0.0,
                dipole_below=round(repeat_dipole(stack, r), 9) + 0.0,
            )
        )
    return found


def repeat_dipole(stack: LayerStack, first: int) -> float:
    """Return the dipole per area (e/Å) of one period, from the layer of this number up."""
    lifted = stack.heights + np.where(stack.layer < first % stack.n_layers, stack.period, 0.0)
    return float(ionic_charges(stack.atoms) @ lifted) / stack.area


def ionic_charges(atoms: Atoms) -> np.ndarray:
    """Return the (N,) formal charges, e; all 0 where there is no anion (metals, alloys)."""
    charges = np.nan_to_num(formal_charges(atoms))
    return charges if (charges < 0).any() else np.zeros(len(atoms))


def _images(stack: LayerStack) -> tuple[list[int], list[int | None]]:
    """First equivalent of each layer, and the first layer its upper face is the lower face of."""
    crystal, period = stack.cell.crystal, stack.period
    h = np.asarray(stack.cell.miller)
    spacing = 1 / np.linalg.norm(plane_normal(crystal, stack.cell.miller))
    cell = (crystal.cell.array, crystal.get_scaled_positions(), crystal.numbers)
    data = symmetry_dataset(cell, SYMPREC)
    same = list(range(stack.n_layers))
    mirror: list[int | None] = [None] * stack.n_layers
    for rotation, translation in zip(data.rotations, data.translations, strict=True):
        sign = _sense(h @ rotation, h)
        if not sign:
            continue
        images = sign * stack.centres + spacing * float(h @ translation)
        for r, image in enumerate(images):
            partner = _layer_at(stack, image, period)
            if partner is None:
                continue
            if sign > 0:
                same[r] = min(same[r], partner)
            else:
                best = mirror[r]
                mirror[r] = partner if best is None else min(best, partner)
    return same, mirror


def _sense(image: np.ndarray, h: np.ndarray) -> int:
    """+1 if an operation keeps the plane's normal, −1 if it turns it over, else 0."""
    return int(np.array_equal(image, h)) - int(np.array_equal(image, -h))


def _layer_at(stack: LayerStack, height: float, period: float) -> int | None:
    """Return the layer whose middle is at a height, by whole periods."""
    off = stack.centres - height
    off -= period * np.rint(off / period)
    nearest = int(np.abs(off).argmin())
    return nearest if abs(off[nearest]) < SAME_LAYER else None


def _names(stack: LayerStack, same: list[int]) -> list[str]:
    """Name each layer; equivalent ones alike, inequivalent ones differently."""
    plain = [formula(stack.atoms[stack.members(r)]) for r in range(stack.n_layers)]
    names = []
    for r, name in enumerate(plain):
        firsts = sorted({same[s] for s in range(stack.n_layers) if plain[s] == name})
        letter = _letters(firsts.index(same[r])) if len(firsts) > 1 else ""
        names.append(f"{name}-{letter}" if letter else name)
    return names


def _letters(number: int) -> str:
    """Count in letters: a…z, aa, ab, …."""
    text = ""
    while number >= 0:
        text = chr(ord("a") + number % 26) + text
        number = number // 26 - 1
    return text


def formula(atoms: Atoms) -> str:
    """Return the reduced formula with the cations first.

    They come in the order of rising formal charge, then of the alphabet (CsPbBr3).
    """
    counts = Counter(atoms.get_chemical_symbols())
    charges = np.nan_to_num(formal_charges(atoms))
    charge = dict(zip(atoms.get_chemical_symbols(), charges.tolist(), strict=True))
    divisor = gcd(*counts.values())
    ordered = sorted(counts, key=lambda s: (charge[s] < 0, charge[s], s))
    return "".join(s + (str(n) if (n := counts[s] // divisor) > 1 else "") for s in ordered)


def chosen_termination(
    found: list[Termination], wanted: str | int | None, face: str
) -> Termination:
    """Return the termination asked for, or the one that cuts the weakest bonds, not polar at best.

    Parameters
    ----------
    found : list of Termination
    wanted : str, int or None
        A name, an index, or None for the one whose cut bonds are weakest in sum; of equals the one
        that is not polar, then the one of least charge.
    face : {"top", "bottom"}
        The face of the slab it is for.

    Raises
    ------
    StructureError
        There is no such termination; the message lists those there are.
    """
    if wanted is None:
        cost = "strength_above" if face == "top" else "strength_below"
        dipole = "dipole_above" if face == "top" else "dipole_below"
        return min(
            found,
            key=lambda t: (
                round(getattr(t, cost), 6),
                abs(getattr(t, dipole)) > NO_DIPOLE,
                abs(t.charge),
                t.index,
            ),
        )
    names = list(dict.fromkeys(t.name for t in found))
    offered = ", ".join(names)
    if isinstance(wanted, str):
        exact = [t for t in found if t.name == wanted]
        loose = [t for t in found if t.name.rsplit("-", 1)[0] == wanted]
        if not exact and len({t.name for t in loose}) > 1:
            raise StructureError(f"termination {wanted!r} is more than one: say one of {offered}")
        if not exact and not loose:
            raise StructureError(f"termination {wanted!r}: expected one of {offered}")
        return (exact or loose)[0]
    if not is_whole(wanted):
        raise StructureError(f"termination {wanted!r}: expected a name ({offered}) or an index")
    if not 0 <= wanted < len(found):
        raise StructureError(f"termination {wanted}: expected 0…{len(found) - 1} or {offered}")
    return found[int(wanted)]
