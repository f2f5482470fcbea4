"""Simulated annealing of species on sites towards given Warren–Cowley parameters.

Many replicas swap at the same time, so that each step is one pass of array operations; the numbers
of neighbours are updated, not counted anew (S. Kirkpatrick, C. D. Gelatt and M. P. Vecchi, Science
1983, 220, 671, doi:10.1126/science.220.4598.671).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.structures.alloys.pair_shells import PairShells

CLOSE = 5e-4
"""An α this near to its target has reached it."""

COLDEST = 1e-4
"""Last temperature in units of the first."""

CHECKED = 64
"""Steps between looks whether the targets are met."""


@dataclass(frozen=True, eq=False)
class Targets:
    """What some of the parameters should be; arrays (T,), one entry per pair and shell.

    Attributes
    ----------
    shell, first, second : int array
        Shell (0: the nearest) and the two species.
    alpha : float array
        Wanted values.
    """

    shell: np.ndarray
    first: np.ndarray
    second: np.ndarray
    alpha: np.ndarray

    def misfit(self, between: np.ndarray, ends: np.ndarray, total: np.ndarray) -> np.ndarray:
        """Return Σ (α − target)² over the targets.

        Parameters
        ----------
        between : (R, T) float array
            Ends of pairs of the two species with each other.
        ends : (2, R, T) float array
            Ends of pairs of the first and of the second species with any.
        total : (T,) float array
            Ends of all pairs in the shell.
        """
        alpha = 1.0 - between * total / np.maximum(ends[0] * ends[1], 1.0)
        return np.asarray(((alpha - self.alpha) ** 2).sum(axis=-1))


class Replicas:
    """Arrangements of the same species on the same sites, changed side by side.

    Parameters
    ----------
    pairs : PairShells
        The sites.
    order : (R, n) int array
        For each replica the sites in the order of ``kinds``; the caller's is not changed.
    kinds : (n,) int array
        Species in ascending order.
    targets : Targets
        What the misfit is measured by.
    """

    def __init__(
        self, pairs: PairShells, order: np.ndarray, kinds: np.ndarray, targets: Targets
    ) -> None:
        self.order, self.kinds, self.targets = order.astype(np.intp), kinds, targets
        self.number = int(kinds[-1]) + 1
        self.near, self.shell = _neighbour_table(pairs)
        self.valence = _by_shell(np.ones(self.near.shape, bool), self.shell, self.near, len(pairs))
        own = self.near == np.arange(len(self.near))[:, None]
        self.itself = _by_shell(own, self.shell, self.near, len(pairs))
        self.repeats = bool(_has_repeats(self.near, self.shell))
        self.rows = np.arange(len(order))
        species = self.species()
        self.around = self._surroundings(species, len(pairs))
        self._count(pairs, species)
        self.best, self.best_misfit = self.order.copy(), self.misfit.copy()

    def species(self, order: np.ndarray | None = None) -> np.ndarray:
        """Return the (R, n) species on each site, of the present or another order."""
        order = self.order if order is None else order
        species = np.empty_like(order)
        np.put_along_axis(species, order, np.broadcast_to(self.kinds, order.shape), axis=1)
        return species

    def _surroundings(self, species: np.ndarray, n_shells: int) -> np.ndarray:
        """(R, n + 1, S q): the neighbours of each site by shell and species."""
        padded = np.concatenate([species, np.full((len(species), 1), -1)], axis=1)
        around = np.zeros((*padded.shape, n_shells * self.number))
        for row, kinds in zip(around, padded, strict=True):
            for q in range(self.number):
                row[:, q :: self.number] = _by_shell(
                    kinds[self.near] == q, self.shell, self.near, n_shells
                )
        return around

    def _count(self, pairs: PairShells, species: np.ndarray) -> None:
        """Count the ends of pairs that the targets are about."""
        t = self.targets
        table = np.array([pairs.counts(row, self.number) for row in species], float)
        self.between = table[:, t.shell, t.first, t.second]
        sums = table.sum(axis=3)
        self.ends = np.stack([sums[:, t.shell, t.first], sums[:, t.shell, t.second]])
        self.total = table[0].sum(axis=(1, 2))[t.shell]
        self.misfit = t.misfit(self.between, self.ends, self.total)

    def propose(
        self, size: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw places u, v (size, R) in the order that hold unlike species, and luck (size, R)."""
        n, shape = len(self.kinds), (size, len(self.order))
        u = rng.integers(0, n, shape)
        start = np.searchsorted(self.kinds, self.kinds[u], "left")
        length = np.searchsorted(self.kinds, self.kinds[u], "right") - start
        v = rng.integers(0, n - length)
        return u, v + np.where(v >= start, length, 0), 1.0 - rng.random(shape)

    def run(
        self, u: np.ndarray, v: np.ndarray, luck: np.ndarray, temperature: np.ndarray
    ) -> np.ndarray:
        """Try exchanges one after the other; return how each would change the misfit (size, R)."""
        t = self.targets
        left, gained = self.kinds[u][..., None], self.kinds[v][..., None]
        w = [(gained == q).astype(float) - (left == q) for q in (t.first, t.second)]
        threshold = -np.log(luck) * temperature[:, None]
        steps = zip(u, v, w[0], w[1], threshold, strict=True)
        return np.array([self._step(*step) for step in steps])

    def _step(
        self,
        u: np.ndarray,
        v: np.ndarray,
        w_first: np.ndarray,
        w_second: np.ndarray,
        threshold: np.ndarray,
    ) -> np.ndarray:
        """Try to exchange the sites at two places (R,) of the order in each replica.

        With A the adjacency of a shell, X the one-hot species, e = e_i − e_j and w = u_b − u_a,
        the ends of pairs N = XᵀAX change by w dᵀ + d wᵀ + (eᵀAe) w wᵀ, where d = eᵀAX.
        """
        t, rows = self.targets, self.rows
        i, j = self.order[rows, u], self.order[rows, v]
        d = self.around[rows, i] - self.around[rows, j]
        first = d.take(t.shell * self.number + t.first, axis=1)
        second = d.take(t.shell * self.number + t.second, axis=1)
        curve = self._curvature(i, j).take(t.shell, axis=1)
        between = self.between + w_first * (second + curve * w_second) + first * w_second
        valence = (self.valence[i] - self.valence[j]).take(t.shell, axis=1)
        ends = self.ends + np.stack([w_first * valence, w_second * valence])
        misfit = t.misfit(between, ends, self.total)
        change = misfit - self.misfit
        r = np.flatnonzero(change <= threshold)
        if len(r):
            self.between[r], self.ends[:, r], self.misfit[r] = between[r], ends[:, r], misfit[r]
            self._exchange(r, u[r], v[r], i[r], j[r])
        return change

    def _curvature(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """(R, S): A_ii + A_jj − 2 A_ij of each shell."""
        curve = self.itself[i] + self.itself[j]
        r, column = np.nonzero(self.near[i] == j[:, None])
        if len(r):
            np.subtract.at(curve, (r, self.shell[i[r], column]), 2.0)
        return curve

    def _exchange(
        self, r: np.ndarray, u: np.ndarray, v: np.ndarray, i: np.ndarray, j: np.ndarray
    ) -> None:
        """Exchange sites i and j in the replicas r, and tell their neighbours."""
        self.order[r, u], self.order[r, v] = j, i
        row = r[:, None]
        for site, lost, gained in ((i, u, v), (j, v, u)):
            near, column = self.near[site], self.shell[site] * self.number
            for kind, change in ((self.kinds[gained], 1.0), (self.kinds[lost], -1.0)):
                where = (row, near, column + kind[:, None])
                if self.repeats:
                    np.add.at(self.around, where, change)
                else:
                    self.around[where] += change
        better = r[self.misfit[r] < self.best_misfit[r]]
        if len(better):
            self.best[better], self.best_misfit[better] = self.order[better], self.misfit[better]


def _neighbour_table(pairs: PairShells) -> tuple[np.ndarray, np.ndarray]:
    """Return (n + 1, Z) neighbours and their shells; n, a site that is none, fills the rows."""
    n = pairs.n_sites
    i = np.concatenate([pairs.pairs[:, 0], pairs.pairs[:, 1]])
    j = np.concatenate([pairs.pairs[:, 1], pairs.pairs[:, 0]])
    shell = np.concatenate([pairs.shell, pairs.shell])
    order = np.argsort(i, kind="stable")
    i, j, shell = i[order], j[order], shell[order]
    number = np.bincount(i, minlength=n)
    column = np.arange(len(i)) - np.repeat(np.cumsum(number) - number, number)
    near = np.full((n + 1, max(1, number.max(initial=0))), n)
    shells = np.zeros_like(near)
    near[i, column], shells[i, column] = j, shell
    return near, shells


def _by_shell(mask: np.ndarray, shell: np.ndarray, near: np.ndarray, n_shells: int) -> np.ndarray:
    """Return how many neighbours (n + 1, S) in each shell a mask (n + 1, Z) marks."""
    real = mask & (near < len(near) - 1)
    return np.stack([(real & (shell == s)).sum(axis=1) for s in range(n_shells)], 1).astype(float)


def _has_repeats(near: np.ndarray, shell: np.ndarray) -> bool:
    """Whether a site has several images of another in one shell."""
    key = np.sort(near * (int(shell.max(initial=0)) + 1) + shell, axis=1)
    return bool(
        ((np.diff(key, axis=1) == 0) & (np.sort(near, axis=1)[:, 1:] < len(near) - 1)).any()
    )


def anneal(
    replicas: Replicas, n_steps: int, rng: np.random.Generator, close: float = CLOSE
) -> tuple[np.ndarray, float, int]:
    """Cool the replicas, from where most exchanges pass to where next to none does.

    Parameters
    ----------
    replicas : Replicas
        Changed in place.
    n_steps : int
        Exchanges tried in each.
    rng : numpy Generator
        Source of the random numbers.
    close : float
        Root-mean-square distance from the targets at which it is good enough.

    Returns
    -------
    species : (n,) int array
        The best arrangement met.
    misfit : float
        Its misfit.
    n_swaps : int
        Exchanges tried in all.
    """
    tolerance = len(replicas.targets.alpha) * close**2
    hot, done = 0.0, 0
    while done < n_steps and replicas.best_misfit.min() > tolerance:
        size = min(CHECKED, n_steps - done)
        cooling = COLDEST ** (np.arange(done, done + size) / n_steps)
        change = replicas.run(*replicas.propose(size, rng), hot * cooling)
        hot = hot or 2.0 * float(np.median(np.abs(change)))
        done += size
    best = int(replicas.best_misfit.argmin())
    species = replicas.species(replicas.best[best : best + 1])[0]
    return species, float(replicas.best_misfit[best]), done * len(replicas.order)
