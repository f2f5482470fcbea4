"""Energy-resolved bonding between atoms: COHP, COOP and COBI, with their integrals.

For state i of a spin channel and k-point the contribution of the orbitals μ, ν is
Re(C*_μi C_νi W_μν): with W the Hamiltonian the COHP (R. Dronskowski, P. E. Blöchl, J. Phys. Chem.
97, 8617 (1993), doi:10.1021/j100135a014), with the overlap the COOP (T. Hughbanks, R. Hoffmann,
J. Am. Chem. Soc. 105, 3528 (1983), doi:10.1021/ja00349a027), with the density matrix of one spin
the COBI (P. C. Müller et al., J. Phys. Chem. C 125, 7959 (2021), doi:10.1021/acs.jpcc.1c00718).

A pair of atoms is counted once, with both orders μν and νμ in it, so that the ICOHP of all pairs
and the on-site terms add up to the band energy, and the ICOOP to the electrons. In a periodic cell
a pair stands for an atom and every image of the other.

COHP and COBI are evaluated in Löwdin's symmetrically orthogonalised orbitals (S. Maintz et al.,
J. Comput. Chem. 34, 2557 (2013), doi:10.1002/jcc.23424) unless asked otherwise: between orbitals
that overlap the Hamiltonian, and with it the COHP, depends on the zero of energy. COOP needs the
orbitals that overlap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heterodot.analysis.bands.broadening import broaden
from heterodot.analysis.bands.pdos import energy_grid
from heterodot.analysis.bonding.curves import BondCurves
from heterodot.analysis.bonding.orbital_pairs import Pair, pair_labels, pair_mask
from heterodot.analysis.bonding.pair_matrix import PairMatrix
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.errors import InputError

BASES = ("Löwdin", "nonorthogonal")
PERIODIC_NOTE = "A pair of atoms in the cell stands for the one and every image of the other"
BASIS_NOTE = "ICOHP depends on the orbital basis: compare it within one level of theory only"
ZERO_NOTE = "COHP between orbitals that overlap depends on the zero of energy"


def cohp(
    orbitals: LocalOrbitals,
    pairs: Sequence[Pair],
    energies: np.ndarray | None = None,
    width: float = 0.1,
    broadening: str = "gaussian",
    reference: str | None = "fermi",
    basis: str = "Löwdin",
) -> BondCurves:
    """Crystal orbital Hamilton populations; negative where a state bonds.

    Parameters
    ----------
    orbitals : LocalOrbitals
        With every state (GPAW: the default number of bands).
    pairs : sequence of pairs
        Each of two ends: an atom's index, several, an element ("Cu"), or a shell ("Cu d", "4 p").
        The pairs of atoms between the ends are summed.
    energies : (E,) float array, optional
        eV relative to the reference; all states unless given.
    width : float
        eV: standard deviation (gaussian) or half width at half maximum (lorentzian).
    broadening : {"gaussian", "lorentzian"}
    reference : {"fermi", "vbm", "vacuum"} or None
        Zero of the energies (and, in the nonorthogonal basis, of the Hamiltonian).
    basis : {"Löwdin", "nonorthogonal"}

    Returns
    -------
    BondCurves
        In eV/eV; the integrals, ICOHP, in eV.

    Raises
    ------
    InputError
        No pair, an unknown end, or fewer states than orbitals.
    """
    return _curves("COHP", orbitals, pairs, energies, width, broadening, reference, basis)


def coop(
    orbitals: LocalOrbitals,
    pairs: Sequence[Pair],
    energies: np.ndarray | None = None,
    width: float = 0.1,
    broadening: str = "gaussian",
    reference: str | None = "fermi",
) -> BondCurves:
    """Crystal orbital overlap populations; positive where a state bonds.

    Parameters and errors as for :func:`cohp`; electrons per eV, the integrals in electrons.
    """
    basis = "nonorthogonal"
    return _curves("COOP", orbitals, pairs, energies, width, broadening, reference, basis)


def cobi(
    orbitals: LocalOrbitals,
    pairs: Sequence[Pair],
    energies: np.ndarray | None = None,
    width: float = 0.1,
    broadening: str = "gaussian",
    reference: str | None = "fermi",
) -> BondCurves:
    """Crystal orbital bond indices; positive where a state bonds; they integrate to bond orders.

    Parameters and errors as for :func:`cohp`; per eV, the integrals (Wiberg's index in Löwdin's
    orbitals) without unit.
    """
    return _curves("COBI", orbitals, pairs, energies, width, broadening, reference, "Löwdin")


def bond_integrals(
    orbitals: LocalOrbitals,
    kind: str = "COHP",
    basis: str | None = None,
    reference: str | None = "fermi",
) -> PairMatrix:
    """ICOHP, ICOOP or ICOBI of every pair of atoms, both spins, from the occupations.

    Parameters
    ----------
    orbitals : LocalOrbitals
    kind : {"COHP", "COOP", "COBI"}
    basis : {"Löwdin", "nonorthogonal"} or None
        None: as :func:`cohp`, :func:`coop`, :func:`cobi`.
    reference : {"fermi", "vbm", "vacuum"} or None
        Zero of the Hamiltonian: it moves the on-site terms (off-site ones only where orbitals
        overlap).

    Returns
    -------
    PairMatrix
        Off the diagonal the pairs, on it the on-site terms; pairs counted once and the diagonal
        add up to the band energy (eV), the electrons, or the sum of Wiberg's indices.

    Raises
    ------
    InputError
        Unknown kind or basis, or fewer states than orbitals (COHP).
    """
    chosen, basis = _in_basis(orbitals, kind, basis)
    states = orbitals.states
    n = len(states.numbers)
    shares = np.zeros((n, n))
    for s in range(states.n_spins):
        for k, k_weight in enumerate(states.k_weights):
            weights = _weights(chosen, kind, s, k, states.zero(reference))
            terms = (chosen.density(s, k).conj() * weights).real * k_weight
            shares += _by_atoms(terms, chosen.atom, n)
    return PairMatrix(
        kind=f"I{kind}",
        values=shares + shares.T - np.diag(np.diag(shares)),
        numbers=states.numbers,
        basis=basis,
        level=str(states.level.get("label", "")),
        caveats=_caveats(orbitals, kind, basis),
    )


def _in_basis(orbitals: LocalOrbitals, kind: str, basis: str | None) -> tuple[LocalOrbitals, str]:
    """Return the orbitals in the basis asked for, or the kind's own."""
    if kind not in ("COHP", "COOP", "COBI"):
        raise InputError(f"kind {kind!r}: expected COHP, COOP or COBI")
    basis = basis or ("nonorthogonal" if kind == "COOP" else "Löwdin")
    if basis not in BASES:
        raise InputError(f"basis {basis!r}: expected one of {BASES}")
    if kind != "COHP" and (basis == "Löwdin") != (kind == "COBI"):
        raise InputError(f"{kind} in the {basis} basis: COOP needs overlap, COBI has none")
    return (orbitals.orthogonalised if basis == "Löwdin" else orbitals), basis


def _weights(orbitals: LocalOrbitals, kind: str, spin: int, k: int, zero: float) -> np.ndarray:
    """(M, M) matrix W whose elements weigh the products of coefficients."""
    if kind == "COHP":
        return orbitals.hamiltonian(spin, k, zero)
    if kind == "COOP":
        return orbitals.overlap[k]
    return orbitals.density(spin, k) * (0.5 * orbitals.states.n_spins)


def _by_atoms(terms: np.ndarray, atom: np.ndarray, n: int) -> np.ndarray:
    """Sum a matrix over the orbitals of each atom."""
    member = (atom[:, None] == np.arange(n)).astype(float)
    summed: np.ndarray = member.T @ terms @ member
    return summed


def _caveats(orbitals: LocalOrbitals, kind: str, basis: str) -> tuple[str, ...]:
    notes: tuple[str, ...] = (PERIODIC_NOTE,) if orbitals.states.periodic else ()
    notes += (BASIS_NOTE,) if kind == "COHP" else ()
    notes += (ZERO_NOTE,) if kind == "COHP" and basis != "Löwdin" else ()
    return orbitals.states.caveats + notes


def _curves(
    kind: str,
    orbitals: LocalOrbitals,
    pairs: Sequence[Pair],
    energies: np.ndarray | None,
    width: float,
    broadening: str,
    reference: str | None,
    basis: str,
) -> BondCurves:
    """Broaden the contribution of every state to every pair."""
    states = orbitals.states
    if isinstance(pairs, str) or len(pairs) == 0:
        raise InputError(f'pairs {pairs!r}: expected a list of pairs, such as [["Cu", "S"]]')
    zero = states.zero(reference)
    shares = _shares(orbitals, kind, pairs, zero, basis)
    grid = energy_grid(states, width, reference=reference) if energies is None else energies
    grid = np.asarray(grid, float)
    if broadening not in ("gaussian", "lorentzian"):
        raise InputError(f"broadening {broadening!r}: expected gaussian or lorentzian")
    values = np.array([broaden(states, w, grid, width, broadening, zero) for w in shares])
    filled = states.k_weights[:, None] * states.occupations
    return BondCurves(
        kind=kind,
        labels=pair_labels(states.numbers, pairs),
        energies=grid,
        values=values,
        running=np.array([_run(states, w, grid, width, broadening, zero) for w in shares]),
        at_fermi=np.einsum("pskn,skn->ps", shares, filled),
        reference=reference,
        fermi=states.zero("fermi") - zero,
        vbm=states.zero("vbm") - zero,
        basis=basis,
        width=float(width),
        broadening=broadening,
        level=str(states.level.get("label", "")),
        caveats=_caveats(orbitals, kind, basis),
    )


def _shares(
    orbitals: LocalOrbitals, kind: str, pairs: Sequence[Pair], zero: float, basis: str
) -> np.ndarray:
    """(p, s, k, n) contribution of each state, for one electron in it."""
    chosen, _ = _in_basis(orbitals, kind, basis)
    n_spins, n_k, n_states = orbitals.states.energies.shape
    shares = np.zeros((len(pairs), n_spins, n_k, n_states))
    bonds = [_involved(pair_mask(orbitals, pair)) for pair in pairs]
    for s in range(n_spins):
        for k in range(n_k):
            weights = _weights(chosen, kind, s, k, zero)
            for p, (used, mask) in enumerate(bonds):
                c = chosen.coefficients[s, k][:, used]
                inner = weights[np.ix_(used, used)] * mask
                shares[p, s, k] = (c.conj() * (c @ inner.T)).real.sum(axis=1)
    return shares


def _involved(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the orbitals a pair involves, and the mask among them."""
    used = np.flatnonzero(mask.any(axis=0))
    return used, mask[np.ix_(used, used)]


def _run(
    states: ElectronicStructure,
    weights: np.ndarray,
    grid: np.ndarray,
    width: float,
    broadening: str,
    zero: float,
) -> np.ndarray:
    """(s, E) integral, up to each energy, of what ``broaden`` makes of the same weights."""
    from scipy.special import ndtr

    running = np.zeros((states.n_spins, len(grid)))
    for s, channel in enumerate(states.energies):
        for k, levels in enumerate(channel):
            x = (grid[:, None] - (levels - zero)) / width
            steps = ndtr(x) if broadening == "gaussian" else 0.5 + np.arctan(x) / np.pi
            running[s] += states.k_weights[k] * (steps @ weights[s, k])
    return running * (2.0 / states.n_spins)
