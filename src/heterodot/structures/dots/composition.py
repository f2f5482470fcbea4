"""Decide which metal sits on which cation site of a dot, and what that does to its charge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from heterodot import provenance
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.coulomb import CoulombSites
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.electrons import electron_count
from heterodot.structures.chemistry.electrons import formal_charges as charges_of
from heterodot.structures.chemistry.oxidation import host_charges, ion_charge
from heterodot.structures.defects.point_defects import vacancy_record
from heterodot.structures.dots.composition_counts import (
    VACANCY,
    composition_counts,
    composition_record,
)
from heterodot.structures.editing import remove_atoms
from heterodot.structures.pinning import pin as pin_atoms
from heterodot.structures.pinning import unpinned

CHARGE_NOTE = "formal charges add up to"

ORDERS = ("random", "electrostatic")


@renamed(dot="atoms")
def fill_cations(
    atoms: Atoms,
    target: str | Mapping[str, float],
    order: str = "random",
    seed: int = 0,
    formal_charges: Mapping[str, float] | None = None,
    *,
    pin: Iterable[int] = (),
) -> Atoms:
    """Fill the cation sites of a dot with metals and vacancies of a given composition.

    The counts are whole numbers: of a feed "x/12", which neutrality defines, the nearest that are
    neutral; of a mapping the nearest ones (largest remainders). How far they are from the
    composition asked for, and from charge neutrality, is left as a note.

    Parameters
    ----------
    atoms : Atoms
        From :func:`heterodot.structures.pyramid` or :func:`heterodot.structures.cut`.
    target : str or mapping
        "x/12" is Zn-doped CuInS2 of the feed Cu:(Zn+In) = x:12 (:func:`zcis_fractions`). A mapping
        (or "Cu=8,In=8,Zn=4") gives, for elements and "vacancy", either whole numbers that add up to
        the number of cation sites or fractions that add up to 1.
    order : {"random", "electrostatic"}
        Random by ``seed``; or the arrangement of least Coulomb energy of the formal charges
        (vacancies 0) that a swap search from seeded starts finds. The crystal's own order, as in
        chalcopyrite, is what a dot has before it is filled.
    seed : int
        Of the random numbers; the same seed gives the same dot.
    formal_charges : mapping of element to charge (e), optional
        Of elements that the crystal or the table of common ions says otherwise, or does not know.
    pin : iterable of int
        Cations that keep the element they have, besides those :func:`heterodot.structures.pin` has
        marked (the apex of a pyramid whose element was named is); they count as filled.

    Returns
    -------
    Atoms
        A new dot; vacant sites are removed and recorded in ``info["heterodot"]["defects"]``.

    Raises
    ------
    StructureError
        The composition cannot be read, does not add up or names something unknown, has fewer of an
        element than are pinned, or the dot has no cations or already carries an adsorbate.
    """
    if order not in ORDERS:
        raise StructureError(f"order {order!r}: expected one of {ORDERS}")
    sites = _cation_sites(atoms)
    counts, wanted = composition_counts(target, len(sites))
    table = species_charges(atoms, counts, formal_charges)
    filled = pin_atoms(atoms, pin)
    free, left = unpinned(filled, sites, counts)
    species = np.repeat(np.array(list(left)), list(left.values()))
    rng = np.random.default_rng(seed)
    energies: tuple[float, float] | None = None
    if order == "random":
        rng.shuffle(species)
    else:
        species, energies = _electrostatic(atoms, free, species, table, rng)
    record_target = composition_record(target)
    provenance.add_step(
        filled, "fill_cations", target=record_target, order=order, seed=int(seed), counts=counts
    )
    provenance.add_note(filled, _rounding_note(counts, wanted, table))
    if len(free) < len(sites):
        kept = np.setdiff1d(sites, free)
        names = ", ".join(f"{atoms.symbols[i]}{i}" for i in kept.tolist())
        provenance.add_note(filled, f"pinned, and not filled anew: {names}")
    if energies is not None:
        provenance.add_note(
            filled,
            f"cations ordered by the Coulomb energy of their formal charges: {energies[1]:.2f} eV, "
            f"against {energies[0]:.2f} eV for a random arrangement (unscreened)",
        )
    filled = occupy(filled, free, species, formal_charges)
    note_formal_charge(filled)
    return filled


def note_formal_charge(dot: Atoms) -> None:
    """Note in place, instead of an older such note, that formal charges and charge differ."""
    others = [note for note in provenance.notes(dot) if not note.startswith(CHARGE_NOTE)]
    count = electron_count(dot)
    if count.imbalance:
        kept = f", the structure's charge is {count.charge:+d} e" if count.charge else ""
        others.append(
            f"{CHARGE_NOTE} {count.formal_charge_sum:+g} e{kept}: it is not charge-balanced"
        )
    provenance.update(dot, notes=others)


def _cation_sites(dot: Atoms) -> np.ndarray:
    sublattice = dot.arrays.get("sublattice")
    if sublattice is None or not (sublattice == "cation").any():
        raise StructureError(
            "fill_cations needs a dot with a cation sublattice: see pyramid(), cut()"
        )
    if provenance.details(dot).get("adsorbate"):
        raise StructureError("the dot carries an adsorbate: fill the cations before adding it")
    return np.flatnonzero(sublattice == "cation")


def _electrostatic(
    dot: Atoms,
    sites: np.ndarray,
    species: np.ndarray,
    table: Mapping[str, float],
    rng: np.random.Generator,
) -> tuple[np.ndarray, tuple[float, float]]:
    """Order the species; also return the energies (eV) of the first start and of the result."""
    charges = np.array([table[name] for name in species.tolist()], float)
    others = np.setdiff1d(np.arange(len(dot)), sites)
    fixed = np.nan_to_num(charges_of(dot))[others]
    model = CoulombSites(dot.positions[sites], dot.positions[others], fixed)
    best, energy, first = model.minimise(charges, rng)
    return species[best], (first, energy)


def occupy(
    atoms: Atoms,
    sites: np.ndarray,
    species: Sequence[str] | np.ndarray,
    formal_charges: Mapping[str, float] | None = None,
) -> Atoms:
    """Return a copy with the elements of some sites set and the vacant ones taken out.

    Parameters
    ----------
    atoms : Atoms
        Not changed.
    sites : (n,) int array
        Atoms of one sublattice.
    species : (n,) sequence of str
        Element or "vacancy" for each.
    formal_charges : mapping of element to charge (e), optional
        As for :func:`species_charges`.

    Raises
    ------
    StructureError
        An element's formal charge is neither known nor given, and the structure is no metal.
    """
    new = atoms.copy()
    charges = np.nan_to_num(charges_of(atoms))
    emptied = {
        atoms.symbols[i] for i, name in zip(sites.tolist(), species, strict=True) if name == VACANCY
    }
    table = species_charges(atoms, {*map(str, species), *emptied}, formal_charges)
    vacant = []
    for site, name in zip(sites.tolist(), species, strict=True):
        if name == VACANCY:
            vacant.append(site)
            continue
        new.numbers[site] = atomic_numbers[str(name)]
        charges[site] = table[str(name)]
    new.set_array("formal_charge", charges)
    if not vacant:
        return new
    symbol, bonds = _vacancy_symbol(new, sites, table), lattice_bonds(new)
    defects = [vacancy_record(new, bonds, symbol, site) for site in vacant]
    provenance.update(new, defects=[*provenance.details(new).get("defects", []), *defects])
    return remove_atoms(new, vacant)


def species_charges(
    atoms: Atoms, species: Iterable[str], formal_charges: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the formal charge (e) each species has in a structure: 0 in a metal and for vacancies.

    Parameters
    ----------
    atoms : Atoms
        Whose regular ions' charges count before those of the common ions.
    species : iterable of str
        Elements and "vacancy".
    formal_charges : mapping of element to charge (e), optional
        Win over both.

    Raises
    ------
    StructureError
        An element has none, and the structure is no metal.
    """
    metal = not np.nan_to_num(charges_of(atoms)).any()
    host = host_charges(atoms, formal_charges)
    return {name: 0.0 if metal or name == VACANCY else ion_charge(name, host) for name in species}


def _vacancy_symbol(atoms: Atoms, sites: np.ndarray, charges: Mapping[str, float]) -> str:
    """Name the vacancies after the ion of lowest charge on the sites: Cu in ZCIS."""
    present = set(np.array(atoms.get_chemical_symbols())[sites].tolist())
    ions = sorted(present, key=lambda s: (abs(charges[s]), s))
    ion = "Cu" if "Cu" in ions else ions[0]
    charge = round(charges[ion])
    return f"V_{ion}" + ("'" * charge if charge > 0 else "*" * -charge or "x")


def _rounding_note(
    counts: Mapping[str, int], wanted: Mapping[str, Fraction], table: Mapping[str, float]
) -> str:
    parts = []
    for name, count in counts.items():
        exact = wanted[name]
        parts.append(
            f"{name} {count}" if exact == count else f"{name} {count} ({float(exact):.2f})"
        )
    charge = sum(table[name] * n for name, n in counts.items())
    ideal = sum(table[name] * float(n) for name, n in wanted.items())
    text = f"{sum(counts.values())} cation sites: " + ", ".join(parts)
    if any(wanted[name] != count for name, count in counts.items()):
        change = round(charge - ideal, 2) + 0.0
        what = f"changes the charge by {change:+.2f} e" if change else "keeps the charge"
        text += f"; rounded from the numbers in brackets, which {what}"
    return text
