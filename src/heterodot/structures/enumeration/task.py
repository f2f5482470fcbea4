"""Deciding between generating and drawing, and saying so when neither will do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.errors import StructureError
from heterodot.structures.enumeration.configurations import Block, Configurations, Host
from heterodot.structures.enumeration.counting import count_colourings, count_orbits
from heterodot.structures.enumeration.drawing import Found, all_colourings, choose, draw
from heterodot.structures.enumeration.filters import PairFilter
from heterodot.structures.enumeration.orderly import TooMany
from heterodot.structures.enumeration.request import Compound
from heterodot.structures.memory import usable_memory

BYTES_PER_SITE, BYTES_PER_CONFIGURATION = 24, 128
"""Memory a configuration takes while all of them are generated, at most."""


@dataclass(frozen=True, eq=False)
class EnumerationTask:
    """All that is needed to generate or to draw.

    Attributes
    ----------
    host : Host
        The structure and its sites.
    group : (G, n) int array
        Its symmetry.
    compounds : list of Compound
        What is to be found.
    pairs : PairFilter or None
        Conditions on distances.
    """

    host: Host
    group: np.ndarray
    compounds: list[Compound]
    pairs: PairFilter | None

    def run(self, limit: int, sample: int | None, seed: int, uniform: str) -> Configurations:
        """Count, then generate, choose or draw; see :func:`enumerate_configurations`."""
        counted = [
            (count_orbits(self.group, c.allowed, c.counts), count_colourings(c.allowed, c.counts))
            for c in self.compounds
        ]
        total = sum(orbits for orbits, _ in counted)
        rng = np.random.default_rng(seed)
        sampled: str | None = uniform
        if sample is None or total <= limit:
            found = self._generate(limit, total)
            if sample is None or sum(len(sites) for sites, _ in found) <= sample:
                sampled = None
            else:
                found = choose(found, sample, rng, uniform)
        else:
            found = draw(self.group, self.compounds, counted, self.pairs, sample, rng, uniform)
        if not any(len(sites) for sites, _ in found):
            raise StructureError(
                f"{self._what()}: none of {total} distinct configurations found to pass the "
                "distance filters; loosen them"
            )
        blocks = [
            Block(compound, *numbers, self.host.sites[sites], multiplicity)
            for compound, numbers, (sites, multiplicity) in zip(
                self.compounds, counted, found, strict=True
            )
        ]
        return Configurations(self.host, blocks, sampled)

    def _generate(self, limit: int, total: int) -> list[Found]:
        """Return the sites and multiplicities of all configurations of each compound."""
        if self._room() < limit:
            return self._generate_within_memory(total)
        if self.pairs is None and total > limit:
            raise StructureError(
                f"{self._what()}: {total} distinct configurations, more than the limit of {limit}; "
                "raise the limit, or ask for a random sample of them (sample, seed)"
            )
        found, left = [], limit
        for compound in self.compounds:
            number = sum(compound.counts)
            try:
                sites, stabiliser = all_colourings(
                    self.group,
                    compound.allowed,
                    compound.counts,
                    None if self.pairs is None else self.pairs.compatible_among(number),
                    left,
                )
            except TooMany:
                raise StructureError(
                    f"{self._what()}: more than the limit of {limit} configurations within the "
                    f"distances, of {total} without them; raise the limit, tighten the distances "
                    "or ask for a random sample (sample, seed)"
                ) from None
            if self.pairs is not None:
                kept = self.pairs.connected(sites)
                sites, stabiliser = sites[kept], stabiliser[kept]
            left -= len(sites)
            found.append((sites, len(self.group) // stabiliser))
        return found

    def _room(self) -> int:
        """Return how many configurations there is memory for."""
        largest = max(sum(compound.counts) for compound in self.compounds)
        return int(usable_memory() // (BYTES_PER_SITE * largest + BYTES_PER_CONFIGURATION))

    def _generate_within_memory(self, total: int) -> list[Found]:
        """Generate as :meth:`_generate`, up to what there is memory for."""
        room = self._room()
        if self.pairs is None and total > room:
            raise StructureError(self._no_room(f"{total} distinct configurations", room))
        try:
            return self._generate(room, total)
        except StructureError as error:
            raise StructureError(self._no_room("more configurations", room)) from error

    def _no_room(self, found: str, room: int) -> str:
        return (
            f"{self._what()}: {found}, and memory for {room} here; ask for a random sample of them "
            "(sample, seed)" + ("" if self.pairs is None else ", or tighten the distances")
        )

    def _what(self) -> str:
        label = self.compounds[0].label
        return label if len(self.compounds) == 1 else f"{label} and {len(self.compounds) - 1} more"
