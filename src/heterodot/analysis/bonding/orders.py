"""Bond orders of Mayer and Wiberg."""

from __future__ import annotations

import numpy as np

from heterodot.analysis.bonding.integrals import PERIODIC_NOTE
from heterodot.analysis.bonding.pair_matrix import PairMatrix
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.errors import InputError


def bond_orders(orbitals: LocalOrbitals, kind: str = "mayer") -> PairMatrix:
    """Bond order of every pair of atoms.

    B_AB = 2 sum_σ sum_{μ in A, ν in B} (P_σ S)_μν (P_σ S)_νμ with the density matrix P_σ of each
    spin (I. Mayer, Chem. Phys. Lett. 97, 270 (1983), doi:10.1016/0009-2614(83)80005-0; for open
    shells Theor. Chim. Acta 67, 315 (1985)). With Löwdin's orbitals, S = 1, it is Wiberg's index
    (K. B. Wiberg, Tetrahedron 24, 1083 (1968), doi:10.1016/0040-4020(68)88057-3). With k-points the
    product is averaged over them, which by Parseval's theorem sums over the images of B in the
    supercell that the mesh spans (Γ alone: the cell, whose images interfere).

    Parameters
    ----------
    orbitals : LocalOrbitals
        All k-points of the mesh, up to time reversal.
    kind : {"mayer", "wiberg"}

    Returns
    -------
    PairMatrix
        Diagonal zero; ``valences`` are the sums over the bonds of each atom.

    Raises
    ------
    InputError
        Unknown kind.
    """
    if kind not in ("mayer", "wiberg"):
        raise InputError(f"kind {kind!r}: expected mayer or wiberg")
    chosen = orbitals if kind == "mayer" else orbitals.orthogonalised
    states = chosen.states
    n = len(states.numbers)
    member = (chosen.atom[:, None] == np.arange(n)).astype(float)
    orders = np.zeros((n, n))
    for s in range(states.n_spins):
        for k, k_weight in enumerate(states.k_weights):
            populations = chosen.density(s, k) @ chosen.overlap[k]
            terms = (populations * populations.T).real
            orders += states.n_spins * k_weight * (member.T @ terms @ member)
    np.fill_diagonal(orders, 0.0)
    return PairMatrix(
        kind=kind.capitalize(),
        values=0.5 * (orders + orders.T),
        numbers=states.numbers,
        basis="nonorthogonal" if kind == "mayer" else "Löwdin",
        level=str(states.level.get("label", "")),
        caveats=states.caveats + ((PERIODIC_NOTE,) if states.periodic else ()),
    )
