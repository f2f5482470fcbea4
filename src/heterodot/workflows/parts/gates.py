"""Gates: a result is checked before it is believed. A gate that fails is a named flag on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.adsorbate import find_adsorbate, guess_note, is_guessed, why_none
from heterodot.analysis import ElectronicStructure, Flag, spin_populations
from heterodot.analysis.thermo.external_modes import ACOUSTIC_MODE, EXTERNAL_MODE
from heterodot.bonds import Bonds, find_bonds
from heterodot.calculators import Level
from heterodot.errors import StructureError
from heterodot.structures import check_cluster
from heterodot.structures.chemistry.joints import UNBONDED, joint
from heterodot.workflows.tasks.computing.reconstruction import bond_name, reconstruction_gate
from heterodot.workflows.tasks.computing.spin_choice import doubt_of_states
from heterodot.workflows.tasks.results import HessianResult, RelaxResult

GUESSED = "adsorbate-guessed"
"""Name of the flag on what rests on an adsorbate that was not recorded."""

OTHER_LEVEL = "geometry-of-other-level"
"""Name of the flag on energies at the minimum of another level that is none of their own."""

SMALL_GAP = 0.1
"""eV: below this occupations and Fermi level depend on the smearing. By the Fermi function
(benchmarks/thresholds.py) a quarter of an electron is above such a gap at 300 K (GFN1-xTB), half of
one at kT = 0.05 eV. Nothing depends on it beyond the flag no-gap."""

HOLE_SPIN = 0.1
"""Unpaired electrons on the Cu of a Type C defect below which its hole is not there. Chosen;
nothing depends on it beyond the flag hole-elsewhere, for which the Cu of the hole must also hold
the most of all Cu."""


SEVERITY: Mapping[str, int] = {
    "adsorbate-changed": 8,
    "adsorbate-moved": 4,
    "reconstructed": 2,
    "forces": 1,
}
"""How much each flag counts against a candidate when the best of several is chosen. Chosen: powers
of two, so that one worse flag outweighs all lesser ones together; only their order matters."""


def severity(flags: tuple[Flag, ...]) -> int:
    """Return the sum of the weights of the flags; 0 for a structure that is what it was to be."""
    return sum(SEVERITY.get(flag.name, 0) for flag in flags)


def carried_flags(atoms: Atoms) -> tuple[Flag, ...]:
    """Return what the structure itself is flagged for, by its builder or by what was read."""
    parts = [text.partition(": ") for text in provenance.flags(atoms)]
    return tuple(Flag(name, words) for name, _, words in parts)


def force_gate(fmax: float, criterion: float, what: str) -> tuple[Flag, ...]:
    """Flag forces (eV/Å) above the criterion."""
    if fmax <= criterion:
        return ()
    return (Flag("forces", f"{what}: largest force {fmax:.3f} eV/Å, criterion {criterion:g}"),)


def geometry_gate(fmax: float | None, criterion: float) -> tuple[Flag, ...]:
    """Flag a geometry that was taken as given and is no minimum at this level.

    Parameters
    ----------
    fmax : float or None
        Largest force left, eV/Å; None where it is not known.
    criterion : float
        Of a relaxation, eV/Å; twice that is allowed, for the geometry may have been relaxed with a
        rougher SCF.
    """
    if fmax is None:
        return (Flag("not-relaxed", "geometry as given, its forces are not known at this level"),)
    if fmax <= 2 * criterion:
        return ()
    message = f"geometry as given: largest force {fmax:.2f} eV/Å, a minimum has {criterion:g}"
    return (Flag("not-relaxed", message),)


def other_level_gate(level: Level, fmax: float | None, criterion: float) -> tuple[Flag, ...]:
    """Flag a geometry of another level that is no minimum of the level of the energies.

    Parameters
    ----------
    level : Level
        Nothing is said of one that takes its geometries from no other.
    fmax : float or None
        Largest force left at the level of the energies, eV/Å; None where it is not known.
    criterion : float
        Of a relaxation, eV/Å; twice that is allowed, as of a geometry that was given.
    """
    if level.geometry is None or (fmax is not None and fmax <= 2 * criterion):
        return ()
    own, other = level.energy_level.label, level.geometry_level.label
    size = "forces not known" if fmax is None else f"largest force {fmax:.2f} eV/Å"
    message = f"{size} by {own} at the minimum of {other}; its own minima have {criterion:g}"
    return (Flag(OTHER_LEVEL, message),)


def recovery_gate(recovery: str, what: str) -> tuple[Flag, ...]:
    """Flag a calculation that converged only by a remedy: other settings than its neighbours'."""
    return (Flag("scf-recovered", f"{what}: {recovery}"),) if recovery else ()


def spin_gate(doubt: str, what: str) -> tuple[Flag, ...]:
    """Flag a singlet that nobody chose where another spin may lie lower."""
    return (Flag("spin-not-chosen", f"{what}: {doubt}"),) if doubt else ()


def domain_gate(level: Level, atoms: Atoms, fmax: float | None, what: str) -> tuple[Flag, ...]:
    """Flag a structure that was not relaxed and that the code was not made for.

    ``fmax`` is the largest force left, eV/Å; None where it is not known. Relaxed structures have
    these flags by :func:`relaxation_gates`.
    """
    return _named(what, level.doubts(atoms, fmax or 0.0))


def _named(what: str, flags: Iterable[Flag]) -> tuple[Flag, ...]:
    return tuple(Flag(flag.name, f"{what}: {flag.message}") for flag in flags)


def relaxation_gates(relaxed: RelaxResult, fmax: float, what: str) -> tuple[Flag, ...]:
    """Return the flags of a relaxed structure itself, and those of how it was relaxed.

    That is forces above the criterion ``fmax`` (eV/Å), a remedy, and a spin nobody chose where it
    may matter.
    """
    flags = carried_flags(relaxed.structure) + force_gate(relaxed.fmax, fmax, what)
    flags += recovery_gate(relaxed.recovery, what)
    if relaxed.geometry_recovery:
        flags += (Flag("geometry-recovered", f"{what}: {relaxed.geometry_recovery}"),)
    return flags + _named(what, relaxed.doubts) + spin_gate(relaxed.spin_doubt, what)


def electronic_gates(states: ElectronicStructure, atoms: Atoms) -> tuple[Flag, ...]:
    """Flag electrons that went missing, a vanishing gap of a finite system, a hole elsewhere.

    And a singlet that nobody chose, where another spin may lie lower.
    """
    flags = [*_hole_gate(states, atoms), *spin_gate(doubt_of_states(states, atoms), "orbitals")]
    bader = [text for text in states.caveats if text.startswith("Bader: ")]
    flags += [Flag("no-maximum", text) for text in bader]
    counted = float((states.k_weights[None, :, None] * states.occupations).sum())
    if abs(counted - states.n_electrons) > 1e-3:
        flags.append(
            Flag(
                "electron-count",
                f"the occupations hold {counted:.3f} electrons, expected {states.n_electrons:.3f}",
            )
        )
    if states.no_gap:
        flags.append(Flag("no-gap", f"{states.no_gap}; HOMO, LUMO and gap are not to be believed"))
    elif not states.periodic and states.gap < SMALL_GAP:
        flags.append(
            Flag("no-gap", f"HOMO–LUMO gap {states.gap:.2f} eV: occupations depend on the smearing")
        )
    return tuple(flags)


def _hole_gate(states: ElectronicStructure, atoms: Atoms) -> tuple[Flag, ...]:
    """Check that the hole of a Type C defect is on the Cu it was made on.

    Nothing to check where the electrons are paired: an adsorbate or a charge has filled it.
    """
    site = provenance.details(atoms).get("defect_type", {}).get("hole_site")
    if site is None or states.n_spins == 1 or not states.projections:
        return ()
    spins = spin_populations(states)
    like = np.flatnonzero(atoms.numbers == atoms.numbers[site])
    if spins[site] >= HOLE_SPIN and spins[site] >= spins[like].max():
        return ()
    largest = ", ".join(f"{atoms.symbols[i]}{i} {spins[i]:.2f}" for i in np.argsort(-spins)[:3])
    return (
        Flag(
            "hole-elsewhere",
            f"unpaired electrons on {atoms.symbols[site]}{site}, where the hole was made: "
            f"{spins[site]:.2f}; most on {largest}",
        ),
    )


def adsorbate_gates(start: Atoms, relaxed: Atoms) -> tuple[Flag, ...]:
    """Check that the adsorbate is still itself and still at its site.

    Parameters
    ----------
    start, relaxed : Atoms
        Before and after relaxation, with the ``adsorbate`` record of ``add_adsorbate``.

    Returns
    -------
    tuple of Flag
        ``adsorbate-changed``, ``adsorbate-moved`` or ``physisorbed``.
    """
    record = adsorbate_record(start)  # of the start: a guess may not survive the relaxation
    own = np.array(record["indices"])
    before, after = find_bonds(start), find_bonds(relaxed)
    flags = _identity(relaxed, own, before, after)
    if len(flags) == 0:
        flags = _place(relaxed, own, int(record["site"]), after)
    return flags


def adsorbate_record(atoms: Atoms) -> dict[str, Any]:
    """Return what ``add_adsorbate`` wrote down, or what is guessed where nothing is.

    Raises
    ------
    StructureError
        If the structure carries no adsorbate.
    """
    record = find_adsorbate(atoms)
    if record is None:
        raise StructureError(f"{why_none(atoms)}: build it with add_adsorbate")
    return record


def without_adsorbate(atoms: Atoms, as_in: Atoms | None = None) -> Atoms:
    """Return the structure less the atoms of its adsorbate, or of that of the same atoms before."""
    record = adsorbate_record(atoms if as_in is None else as_in)
    kept = np.setdiff1d(np.arange(len(atoms)), record["indices"])
    rest: Atoms = atoms.copy()[kept]  # del would refuse constraints other than FixAtoms
    return rest


def bound_gates(clean: Atoms, start: Atoms, relaxed: Atoms) -> tuple[Flag, ...]:
    """Check the adsorbate against its start, and the dot under it against the clean one."""
    flags = adsorbate_gates(start, relaxed)
    bare = without_adsorbate(relaxed)
    return flags + reconstruction_gate(clean, bare, "the dot under the adsorbate")


def guess_gate(atoms: Atoms) -> tuple[Flag, ...]:
    """Flag an adsorbate that is not recorded but guessed from the bonds."""
    record = find_adsorbate(atoms)
    if record is None or not is_guessed(record):
        return ()
    return (Flag(GUESSED, guess_note(atoms, record)),)


def joint_gate(atoms: Atoms) -> tuple[Flag, ...]:
    """Flag two pieces, joined by a builder, that nothing holds together any more: ``unbonded``.

    Parameters
    ----------
    atoms : Atoms
        A Janus dot, an interface or a cluster on a host; of anything else nothing is said.
    """
    record = provenance.details(atoms)
    domains = atoms.arrays.get("domain")
    if domains is None or record.keys().isdisjoint(("janus", "interface", "guest")):
        return ()
    names = [
        name for name in dict.fromkeys(domains.tolist()) if name not in ("adsorbate", "ligand")
    ]
    if len(names) != 2:
        return ()
    both = np.isin(domains, names)
    found = joint(atoms[both], domains[both] == names[1])
    if not found.unbonded:
        return ()
    return (Flag(UNBONDED, f"nothing holds the pieces together: {found.summary()}"),)


def _identity(atoms: Atoms, own: np.ndarray, before: Bonds, after: Bonds) -> tuple[Flag, ...]:
    """Compare the bonds inside the adsorbate, and those it makes to the dot's hydrogen."""
    lost = _inside(before, own) - _inside(after, own)
    gained = _inside(after, own) - _inside(before, own)
    hydrogen = {pair for pair in _leaving(after, own) if atoms.numbers[pair[1]] == 1} - _leaving(
        before, own
    )
    parts = [f"lost {bond_name(atoms, p)}" for p in sorted(lost)]
    parts += [f"gained {bond_name(atoms, p)}" for p in sorted(gained | hydrogen)]
    if not parts:
        return ()
    return (Flag("adsorbate-changed", f"the adsorbate {', '.join(parts)}"),)


def _place(atoms: Atoms, own: np.ndarray, site: int, after: Bonds) -> tuple[Flag, ...]:
    """Compare the atoms the adsorbate is bonded to with the site it was put on."""
    partners = sorted({dot for _, dot in _leaving(after, own)})
    if site in partners:
        return ()
    label = f"{atoms.symbols[site]}{site}"
    if partners:
        found = ", ".join(f"{atoms.symbols[i]}{i}" for i in partners)
        return (Flag("adsorbate-moved", f"bonded to {found}, not to its site {label}"),)
    away = atoms.get_distances(site, own, mic=bool(atoms.pbc.any())).min()
    return (Flag("physisorbed", f"no bond to the dot; {away:.2f} Å from its site {label}"),)


def _inside(bonds: Bonds, own: np.ndarray) -> set[tuple[int, int]]:
    return {(int(i), int(j)) for i, j in bonds.pairs[np.isin(bonds.pairs, own).all(axis=1)]}


def _leaving(bonds: Bonds, own: np.ndarray) -> set[tuple[int, int]]:
    """Bonds from the adsorbate to the rest, as (adsorbate atom, other atom)."""
    member = np.isin(bonds.pairs, own)
    crossing = member.sum(axis=1) == 1
    return {
        (int(i), int(j)) if first else (int(j), int(i))
        for (i, j), (first, _) in zip(bonds.pairs[crossing], member[crossing], strict=True)
    }


def structure_gates(before: Atoms, after: Atoms) -> tuple[Flag, ...]:
    """Flag a structure that is not what it was before the relaxation; an adsorbate by itself."""
    record = provenance.details(before)
    flags: tuple[Flag, ...] = ()
    what = "relaxation"
    if find_adsorbate(before) is not None:
        flags = guess_gate(before) + adsorbate_gates(before, after)
        before, after = without_adsorbate(before), without_adsorbate(after, as_in=before)
        what = "relaxation, the dot under the adsorbate"
    if not any(flag.startswith(f"{UNBONDED}:") for flag in provenance.flags(after)):
        flags += joint_gate(after)  # else the structure itself says so
    if "cage" in record.get("cluster", {}):  # of a compound; a metal's may take any shape
        flags += tuple(Flag("cluster-broken", problem) for problem in check_cluster(after))
    return flags + reconstruction_gate(before, after, what)


def frequency_gates(
    hessian: HessianResult, frequencies: np.ndarray, fmax: float, n_external: int
) -> tuple[Flag, ...]:
    """Flag frequencies away from a minimum, and imaginary ones.

    Parameters
    ----------
    hessian : HessianResult
    frequencies : (3n,) float array
        cm⁻¹, imaginary as negative.
    fmax : float
        Criterion of the relaxation, eV/Å; twice that is allowed on the displaced atoms.
    n_external : int
        How many of the values, those smallest in size, are translations and rotations: 6 of a
        free structure all of whose atoms moved (a linear one has 5), 3 of a periodic one, fewer
        where atoms were held (:func:`heterodot.constraints.n_rigid_motions`). They are
        flagged beyond ``EXTERNAL_MODE`` only.
    """
    flags = force_gate(hessian.fmax, 2 * fmax, "frequencies taken where")
    flags += recovery_gate(hessian.recovery, "frequencies")
    flags += spin_gate(hessian.spin_doubt, "frequencies")
    imaginary = imaginary_modes(frequencies, n_external)
    if len(imaginary):
        message = f"{len(imaginary)} imaginary, the largest {-imaginary.min():.0f}i cm⁻¹"
        flags += (Flag("imaginary-mode", message),)
    return flags


def external_gate(residual: float, periodic: bool) -> tuple[Flag, ...]:
    """Flag translations and rotations of the whole that were not small before they were taken out.

    Parameters
    ----------
    residual : float
        The largest of them, cm⁻¹, imaginary as negative.
    periodic : bool
    """
    limit = ACOUSTIC_MODE if periodic else EXTERNAL_MODE
    if abs(residual) <= limit:
        return ()
    shown = f"{abs(residual):.0f}{'i' if residual < 0 else ''}"
    message = (
        f"translations or rotations of the whole at up to {shown} cm⁻¹ before they were projected "
        f"out, expected less than {limit:g}; relax tighter"
    )
    return (Flag("large-external-mode", message),)


def imaginary_modes(frequencies: np.ndarray, n_external: int) -> np.ndarray:
    """Return the imaginary frequencies (cm⁻¹, negative) that are no translation or rotation.

    Parameters
    ----------
    frequencies : (3n,) float array
        cm⁻¹, imaginary as negative.
    n_external : int
        As for :func:`frequency_gates`.
    """
    by_size = frequencies[np.argsort(np.abs(frequencies), kind="stable")]
    external, internal = np.split(by_size, [n_external])
    return np.concatenate([external[external < -EXTERNAL_MODE], internal[internal < 0.0]])
