"""What is to be enumerated, and compounds of point defects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import polarity
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES
from heterodot.structures.chemistry.electrons import formal_charges as charges_of
from heterodot.structures.chemistry.oxidation import host_charges, ion_charge
from heterodot.structures.chemistry.shells import guests
from heterodot.structures.defects.notation import Defect, parse_defect
from heterodot.structures.editing import checked_index
from heterodot.structures.enumeration.counting import checked_count

Request = str | Defect | Sequence[str | Defect] | Mapping[Any, Any]

_UNMARKED = re.compile(r"\s*(V|[A-Z][a-z]?)_\{?([A-Z][a-z]?)\}?\s*")


@dataclass(frozen=True, eq=False)
class Compound:
    """How many sites of each colour, and what the colours stand for.

    Attributes
    ----------
    species : tuple of Defect or str
        One per colour: a defect, or an element (or "vacancy") of a colouring.
    counts : tuple of int
        Number of sites of each.
    allowed : (C, n) bool array
        Which of the n sites each may take.
    filler : str or None
        Element of the sites that are left, in a colouring; None for defects.
    charge : int
        What it adds to the sum of the formal charges, e.
    """

    species: tuple[Defect | str, ...]
    counts: tuple[int, ...]
    allowed: np.ndarray
    filler: str | None
    charge: int

    @property
    def label(self) -> str:
        """For example ``4 V_Cu' + 2 In_Cu**``."""
        names = [s if isinstance(s, str) else s.ascii for s in self.species]
        parts = [f"{k} {name}" for name, k in zip(names, self.counts, strict=True)]
        if self.filler is not None:
            rest = int(self.allowed.shape[1]) - sum(self.counts)
            parts.append(f"{rest} {self.filler}")
        return " + ".join(parts) or "no defects"


def read_defects(
    atoms: Atoms,
    request: Request,
    sites: Sequence[int] | None,
    formal_charges: Mapping[str, float] | None = None,
) -> tuple[np.ndarray, list[Compound]]:
    """Read defects and how many of each, and find the sites they may take.

    Parameters
    ----------
    atoms : Atoms
        The perfect structure.
    request : str, sequence or mapping
        A defect, a list of them (repeated for several), or a mapping of defects to numbers or to
        [least, most] numbers.
    sites : sequence of int or None
        The atoms that may be affected; all by default.
    formal_charges : mapping of element to charge (e), optional
        As for :func:`heterodot.structures.chemistry.oxidation.host_charges`.

    Returns
    -------
    sites : (n,) int array
        Atoms of the elements concerned.
    compounds : list of Compound
        One for every combination of numbers.
    """
    host = host_charges(atoms, formal_charges)
    ranges = _ranges(atoms, request, host)
    chosen = chosen_atoms(atoms, sites)
    symbols = np.array(atoms.get_chemical_symbols())
    pools = {}
    for defect in ranges:
        pools[defect] = chosen & (symbols == defect.site) & _perfect(atoms, defect.site, host)
        if defect.site not in symbols[chosen]:
            present = ", ".join(sorted(set(symbols[chosen].tolist()))) or "no sites"
            raise StructureError(
                f"defect {defect.ascii}: no {defect.site} among the sites; they hold {present}"
            )
    active = np.flatnonzero(np.any(list(pools.values()), axis=0))
    compounds = []
    for numbers in product(*(range(low, high + 1) for low, high in ranges.values())):
        present_ = sorted((k, n) for n, k in enumerate(numbers) if k)
        kept = tuple(list(ranges)[n] for _, n in present_)
        allowed = np.array([pools[d][active] for d in kept], bool).reshape(len(kept), len(active))
        charge = sum(k * d.charge for (k, _), d in zip(present_, kept, strict=True))
        compounds.append(Compound(kept, tuple(k for k, _ in present_), allowed, None, charge))
    sizes = {d: int(p.sum()) for d, p in pools.items()}
    _check_room(compounds, sizes)
    _check_ranges(ranges, sizes)
    return active, [c for c in compounds if _fits(c)]


def _ranges(
    atoms: Atoms, request: Request, host: Mapping[str, float]
) -> dict[Defect, tuple[int, int]]:
    """Return the least and the most number of each defect."""
    items: list[tuple[str | Defect, tuple[int, int]]]
    if isinstance(request, Mapping):
        items = [(name, _range(name, value)) for name, value in request.items()]
    else:
        names = [request] if isinstance(request, str | Defect) else list(request)
        items = [(name, (1, 1)) for name in names]
    if not items:
        raise StructureError('no defects: expected some, for example {"V_Cu\'": 2}')
    metal = not polarity(atoms).any()
    ranges: dict[Defect, tuple[int, int]] = {}
    for name, (low, high) in items:
        defect = read_defect(name, metal, host)
        before = ranges.get(defect, (0, 0))
        ranges[defect] = before[0] + low, before[1] + high
    return ranges


def _range(name: str | Defect, value: Any) -> tuple[int, int]:
    """Return (least, most) from a number or a pair."""
    what = f"number of {name}"
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        low, high = checked_count(value[0], what), checked_count(value[1], what)
        if low > high:
            raise StructureError(f"{what} {list(value)}: expected [least, most]")
        return low, high
    k = checked_count(value, what)
    return k, k


def read_defect(
    text: str | Defect, metal: bool = False, host: Mapping[str, float] | None = None
) -> Defect:
    """Read a defect; without charge marks it is that of the common ions (V_Cu is V_Cu').

    Parameters
    ----------
    text : str or Defect
        As for :func:`heterodot.structures.parse_defect`.
    metal : bool
        Whether the structure has no ions, so that every defect is neutral.
    host : mapping of str to float, optional
        Formal charges of its ions, as from
        :func:`heterodot.structures.chemistry.oxidation.host_charges`; by default, and for elements
        that come in, those of the common ions.
    """
    if isinstance(text, Defect):
        return text
    bare = _UNMARKED.fullmatch(str(text))
    if bare is None:
        return parse_defect(text, _whole(host or {}))
    species, site = bare.groups()
    for name in (species, site):
        if name != "V" and not atomic_numbers.get(name):
            raise StructureError(f"defect {text!r}: {name} is not an element (V is a vacancy)")
    if metal:
        zero = {name: 0 for name in (species, site) if name != "V"}
        return parse_defect(f"{species}_{site}x", zero)
    known = {name: ion_charge(name, host or {}) for name in (species, site) if name != "V"}
    charge = known.get(species, 0.0) - known[site]
    if abs(charge - round(charge)) > 1e-6:
        mean = next(name for name, q in known.items() if abs(q - round(q)) > 1e-6)
        raise StructureError(
            f"defect {text!r}: {mean} has a mean charge of {known[mean]:+.4g} e (mixed valence); "
            f"write the defect's own charge, such as {text}''"
        )
    return parse_defect(Defect(species, site, round(charge)).ascii, _whole(known))


def _whole(charges: Mapping[str, float]) -> dict[str, int]:
    """Return those charges that are whole and not the common ion's, as ints."""
    return {
        element: round(charge)
        for element, charge in charges.items()
        if abs(charge - round(charge)) < 1e-6 and charge != FORMAL_CHARGES.get(element)
    }


def _perfect(atoms: Atoms, element: str, host: Mapping[str, float]) -> np.ndarray:
    """(N,) mask of atoms that carry the formal charge of the element's regular ion."""
    charges = charges_of(atoms)
    regular = host.get(element, FORMAL_CHARGES.get(element))
    if not polarity(atoms).any() or regular is None:
        return np.ones(len(atoms), bool)
    return np.abs(charges - regular) < 1e-6


def chosen_atoms(atoms: Atoms, sites: Sequence[int] | None) -> np.ndarray:
    """Return the (N,) mask of the atoms that may be affected; ligands and adsorbates never.

    Raises
    ------
    StructureError
        ``sites`` are no atom indices of the structure.
    """
    mask = ~guests(atoms)
    if sites is not None:
        if isinstance(sites, str) or not isinstance(sites, Sequence | np.ndarray):
            raise StructureError(f"sites {sites!r}: expected a list of atom indices")
        chosen = np.zeros(len(atoms), bool)
        chosen[[checked_index(atoms, i) for i in sites]] = True
        mask &= chosen
    return mask


def _fits(compound: Compound) -> bool:
    """Whether there are sites enough for all of its defects."""
    for row in compound.allowed:
        same = (compound.allowed == row).all(axis=1)
        if sum(k for k, s in zip(compound.counts, same, strict=True) if s) > row.sum():
            return False
    return True


def _check_ranges(ranges: Mapping[Defect, tuple[int, int]], sizes: Mapping[Defect, int]) -> None:
    """Raise if a range asks for more of a defect than it has sites: it would end early, unsaid."""
    for defect, (low, high) in ranges.items():
        if low < high and high > sizes[defect]:
            raise StructureError(
                f"{low} to {high} {defect.ascii}: the structure has {sizes[defect]} "
                f"{defect.site} for it; expected {low} to {sizes[defect]}, or a larger supercell"
            )


def _check_room(compounds: Sequence[Compound], sizes: Mapping[Defect, int]) -> None:
    """Raise if no compound fits on the sites."""
    if not any(_fits(c) for c in compounds):
        room = ", ".join(sorted({f"{n} {d.site}" for d, n in sizes.items()}))
        raise StructureError(
            f"{compounds[0].label}: more defects than sites; the structure has {room}"
        )


def is_colouring(request: Request) -> bool:
    """Whether a request names elements rather than defects."""
    if isinstance(request, Defect):
        return False
    names = [request] if isinstance(request, str) else request
    if not isinstance(names, Sequence | Mapping) or not all(
        isinstance(name, str | Defect) for name in names
    ):
        raise StructureError(
            f'request {request!r}: expected a defect such as "V_Cu\'", a list of them, or a '
            "mapping to numbers"
        )
    return len(names) > 0 and all(isinstance(name, str) and name.isalpha() for name in names)
