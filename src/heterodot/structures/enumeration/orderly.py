"""Orderly generation: one representative of every orbit of colourings, none twice.

A set of sites is canonical if no permutation of the group makes it lexicographically smaller.
What is left of a canonical set without its last site is canonical too, so that every canonical set
is reached once by adding a site beyond the last to a smaller one and testing the result
(R. C. Read, Ann. Discrete Math. 1978, 2, 107, doi:10.1016/S0167-5060(08)70325-X). Several colours
follow one another: each is generated under the permutations that keep the ones before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

CHUNK = 1_000_000
"""Numbers held at once by a vectorised test; about 50 MB of working memory."""


class TooMany(Exception):  # noqa: N818 - caught by the caller, who words the error
    """More partial configurations than the limit."""


class Group:
    """A group of permutations of n sites, with what the test for canonical sets needs.

    Parameters
    ----------
    permutations : (G, n) int array
        All different; ``permutations[g, i]`` is where g puts site i.
    """

    def __init__(self, permutations: np.ndarray) -> None:
        self.permutations = np.ascontiguousarray(permutations, np.intp)
        self.first = self.permutations.min(axis=0)
        n = self.permutations.shape[1]
        site = np.arange(n)
        self.bits = np.zeros((-(-max(n, 1) // 64), n), np.uint64)
        self.bits[site // 64, site] = np.uint64(1) << (63 - site % 64).astype(np.uint64)
        self._movers: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self.permutations)

    def movers(self, site: int) -> tuple[np.ndarray, np.ndarray]:
        """Return which permutations move each site to ``site``, the lowest of its orbit.

        Returns
        -------
        movers : (n, S) int array
            S is the order of the stabiliser of ``site``; rows of sites outside the orbit repeat
            those of ``site``.
        inside : (n,) bool array
            The orbit.
        """
        if site not in self._movers:
            inside = self.first == site
            orbit = np.flatnonzero(inside)
            _, g = np.nonzero((self.permutations[:, orbit] == site).T)
            table = np.empty((self.permutations.shape[1], len(self) // len(orbit)), np.intp)
            table[orbit] = g.reshape(len(orbit), -1)
            table[~inside] = table[site]
            self._movers[site] = table, inside
        return self._movers[site]

    def compare(self, g: np.ndarray, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compare the images of sets (M, k) under permutations (M, …) with the sets themselves.

        Returns
        -------
        smaller, equal : (M, …) bool array
            Of the images, in lexicographic order.
        """
        shape = (len(sets), *(1,) * (g.ndim - 1))
        start = g * self.permutations.shape[1]
        images = [self.permutations.take(start + column.reshape(shape)) for column in sets.T]
        smaller = np.zeros(g.shape, bool)
        equal = ~smaller
        for bits in self.bits:
            new = sum(bits.take(image) for image in images)
            old = bits[sets].sum(axis=1).reshape(shape)
            smaller |= equal & (new > old)
            equal &= new == old
        return smaller, equal

    def canonical(self, sets: np.ndarray) -> np.ndarray:
        """Return the (M,) order of the stabiliser of canonical sets (M, k), 0 for the others."""
        stabiliser = np.zeros(len(sets), np.intp)
        leading = self.first[sets].min(axis=1) == sets[:, 0]
        for site in np.unique(sets[leading, 0]):
            which = np.flatnonzero(leading & (sets[:, 0] == site))
            movers, inside = self.movers(int(site))
            for part in chunks(which, sets.shape[1] ** 2 * movers.shape[1]):
                stabiliser[part] = self._test(sets[part], movers, inside)
        return stabiliser

    def _test(self, sets: np.ndarray, movers: np.ndarray, inside: np.ndarray) -> np.ndarray:
        smaller, equal = self.compare(movers[sets], sets)
        equal &= inside[sets][:, :, None]
        return np.where(smaller.any(axis=(1, 2)), 0, equal.sum(axis=(1, 2)))

    def keeping(self, sets: np.ndarray) -> np.ndarray:
        """Return which permutations (M, G) leave each of the sets (M, k) in place."""
        kept = np.zeros((len(sets), len(self)), bool)
        for part in chunks(np.arange(len(sets)), sets.shape[1] * len(self)):
            every = np.broadcast_to(np.arange(len(self)), (len(part), len(self)))
            kept[part] = self.compare(every, sets[part])[1]
        return kept


def chunks(indices: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Split indices so that each part needs about ``CHUNK`` numbers, ``size`` for each index."""
    step = max(1, CHUNK // max(size, 1))
    for start in range(0, len(indices), step):
        yield indices[start : start + step]


def orbit_representatives(
    permutations: np.ndarray,
    allowed: np.ndarray,
    counts: Sequence[int],
    compatible: np.ndarray | None = None,
    limit: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Generate one colouring of every orbit.

    Parameters
    ----------
    permutations : (G, n) int array
        A group; all different.
    allowed : (C, n) bool array
        The sites each colour may take; kept by the group.
    counts : (C,) sequence of int
        Number of sites of each colour.
    compatible : (n, n) bool array, optional
        Pairs of sites that may both be coloured; symmetric, kept by the group.
    limit : int, optional
        Most colourings, complete or not, to hold.

    Returns
    -------
    sites : (M, Σ counts) int array
        The sites of the first colour in ascending order, then those of the second, …
    stabiliser : (M,) int array
        Number of permutations that keep the colouring; its orbit has G / stabiliser members.

    Raises
    ------
    TooMany
        If the limit is passed.
    """
    order = _order(permutations)
    place = np.argsort(order)
    renumbered = Group(place[permutations[:, order]])
    pairs = None if compatible is None else compatible[np.ix_(order, order)]
    search = _Search(renumbered, allowed[:, order], pairs, limit)
    for colour, count in enumerate(counts):
        for left in range(count, 0, -1):
            search.add_site(colour, count - left, left)
        if colour < len(counts) - 1 and count:
            search.split_by_stabiliser(count)
    blocks = np.split(order[search.sites], np.cumsum(counts)[:-1], axis=1) if len(counts) else []
    return np.concatenate([search.sites[:, :0], *(np.sort(b) for b in blocks)], axis=1), (
        search.stabiliser
    )


def _order(permutations: np.ndarray) -> np.ndarray:
    """Return the sites with those of the largest orbits first, which are the quickest to test."""
    first = permutations.min(axis=0)
    size = np.bincount(first, minlength=len(first))[first]
    return np.lexsort((first, -size))


class _Search:
    """The partial colourings of one size, and the groups that still act on them."""

    def __init__(
        self,
        group: Group,
        allowed: np.ndarray,
        compatible: np.ndarray | None,
        limit: int | None,
    ) -> None:
        self.groups = [group]
        self.allowed, self.compatible, self.limit = allowed, compatible, limit
        self.sites = np.zeros((1, 0), np.intp)
        self.group_of = np.zeros(1, np.intp)
        self.stabiliser = np.full(1, len(group), np.intp)

    def add_site(self, colour: int, present: int, left: int) -> None:
        """Add one site of a colour that has ``present`` sites and needs ``left`` more."""
        found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        total = 0
        for part in chunks(np.arange(len(self.sites)), 4 * self.allowed.shape[1]):
            parent, site = np.nonzero(self._room(part, colour, present, left))
            sites = np.column_stack([self.sites[part[parent]], site])
            group_of = self.group_of[part[parent]]
            stabiliser = self._judge(sites[:, -present - 1 :], group_of)
            keep = stabiliser > 0
            found.append((sites[keep], group_of[keep], stabiliser[keep]))
            total += int(keep.sum())
            if self.limit is not None and total > self.limit:
                raise TooMany(total)
        blank = np.zeros(0, np.intp)
        found.append((np.zeros((0, self.sites.shape[1] + 1), np.intp), blank, blank))
        self.sites, self.group_of, self.stabiliser = map(np.concatenate, zip(*found, strict=True))

    def _room(self, part: np.ndarray, colour: int, present: int, left: int) -> np.ndarray:
        """(m, n) bool: sites that may come next and leave enough for the rest of the colour."""
        sites = self.sites[part]
        free = np.repeat(self.allowed[colour][None], len(part), axis=0)
        np.put_along_axis(free, sites, False, axis=1)
        if present:
            free &= np.arange(free.shape[1]) > sites[:, -1:]
        if self.compatible is not None:
            for column in sites.T:
                free &= self.compatible[column]
        return free & (np.cumsum(free[:, ::-1], axis=1)[:, ::-1] >= left)

    def _judge(self, block: np.ndarray, group_of: np.ndarray) -> np.ndarray:
        """(M,) stabiliser orders of the sites of the present colour, 0 where not canonical."""
        stabiliser = np.ones(len(block), np.intp)
        for index in np.unique(group_of):
            if len(self.groups[index]) > 1:
                mine = group_of == index
                stabiliser[mine] = self.groups[index].canonical(block[mine])
        return stabiliser

    def split_by_stabiliser(self, count: int) -> None:
        """Give each partial colouring the group that keeps its last ``count`` sites."""
        groups: dict[tuple[int, bytes], int] = {}
        identity = np.arange(self.allowed.shape[1])[None]
        new_groups, new_of = [Group(identity)], np.zeros(len(self.sites), np.intp)
        for index in np.unique(self.group_of[self.stabiliser > 1]):
            group = self.groups[index]
            mine = np.flatnonzero((self.group_of == index) & (self.stabiliser > 1))
            for part in chunks(mine, len(group) * count):
                for state, kept in zip(part, group.keeping(self.sites[part, -count:]), strict=True):
                    key = (int(index), kept.tobytes())
                    if key not in groups:
                        groups[key] = len(new_groups)
                        new_groups.append(Group(group.permutations[kept]))
                    new_of[state] = groups[key]
        self.groups, self.group_of = new_groups, new_of
