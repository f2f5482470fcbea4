"""The Coulomb energy of point charges on the sites of a finite structure, and its least value."""

from __future__ import annotations

import numpy as np
from ase.units import Bohr, Hartree

from heterodot.errors import StructureError

COULOMB = Hartree * Bohr
"""e²/4πε0, eV Å."""

MAX_SITES = 4000
"""More sites than this would need more than a gigabyte for the pair table."""

STARTS = 8
"""Random arrangements the swap search starts from."""


class CoulombSites:
    """Point charges that may be exchanged between sites, in the field of fixed ones.

    E = Σ_i q_i φ_i + Σ_{i<j} W_ij q_i q_j with W_ij = e²/(4πε0 r_ij), in eV, unscreened; the energy
    of the fixed charges among themselves is a constant and left out.

    Parameters
    ----------
    sites : (n, 3) float array
        Positions of the sites, Å.
    others : (m, 3) float array
        Positions of the fixed charges, Å.
    charges : (m,) float array
        The fixed charges, e.

    Raises
    ------
    StructureError
        There are more than ``MAX_SITES`` sites.
    """

    def __init__(self, sites: np.ndarray, others: np.ndarray, charges: np.ndarray) -> None:
        from scipy.spatial.distance import cdist

        if len(sites) > MAX_SITES:
            raise StructureError(
                f"{len(sites)} sites to order by electrostatics: at most {MAX_SITES}; use 'random'"
            )
        distances = cdist(sites, sites)
        np.fill_diagonal(distances, np.inf)
        self.pair = COULOMB / distances
        self.field = COULOMB * (1 / cdist(sites, others)) @ charges

    def energy(self, q: np.ndarray) -> float:
        """Return the energy (eV) of the charges q (n,) on the sites."""
        return float(q @ self.field + 0.5 * q @ self.pair @ q)

    def minimise(
        self, charges: np.ndarray, rng: np.random.Generator, starts: int = STARTS
    ) -> tuple[np.ndarray, float, float]:
        """Search for the arrangement of least energy by exchanging pairs of charges.

        From each random start every site in turn gets the exchange that lowers the energy most,
        until none lowers it.
        Exchanging q_i and q_j changes the energy by
        (q_j - q_i)(u_i - u_j) - (q_j - q_i)² W_ij, with the potential u = φ + W q.

        Parameters
        ----------
        charges : (n,) float array
            The charges to distribute, e.
        rng : numpy Generator
            For the starts; the search itself is deterministic.
        starts : int
            Number of starts.

        Returns
        -------
        order : (n,) int array
            ``charges[order]`` is the arrangement found.
        energy : float
            Its energy, eV.
        first : float
            The energy of the first random arrangement, eV.
        """
        found = []
        first = np.nan
        for start in range(starts):
            order = rng.permutation(len(charges))
            if start == 0:
                first = self.energy(charges[order])
            order = self._descend(charges, order)
            found.append((self.energy(charges[order]), start, order))
        energy, _, best = min(found, key=lambda item: item[:2])
        return best, energy, first

    def _descend(self, charges: np.ndarray, order: np.ndarray) -> np.ndarray:
        """Go round the sites, giving each its best exchange, until a round changes nothing."""
        order = order.copy()
        q = charges[order]
        u = self.field + self.pair @ q
        changed = True
        while changed:
            changed = False
            for i in range(len(q)):
                step = q - q[i]
                change = step * (u[i] - u) - step**2 * self.pair[i]
                j = int(change.argmin())
                if change[j] < -1e-9:
                    u += step[j] * (self.pair[i] - self.pair[j])
                    q[[i, j]], order[[i, j]] = q[[j, i]], order[[j, i]]
                    changed = True
        return order
