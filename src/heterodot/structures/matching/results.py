"""The matches a search found: ranked, made one by one when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np

from heterodot.errors import StructureError
from heterodot.structures.matching.elastic import share_strain
from heterodot.structures.matching.match import Match, polar, von_mises
from heterodot.structures.matching.planar import determinants, multiply
from heterodot.structures.matching.relations import Parallel
from heterodot.structures.matching.settings import in_settings
from heterodot.structures.matching.surface_cell import Net, SurfaceCell

COLUMNS = (
    "rank", "film", "substrate", "area", "n_atoms", "strain_1", "strain_2", "von_mises", "twist",
    "multiplicity", "energy", "score", "film_transform", "substrate_transform", "film_settings",
    "substrate_settings",
)  # fmt: skip
"""Of a table of matches: Å², numbers (not %), degrees, eV."""


@dataclass(frozen=True, eq=False)
class PlanePair:
    """Two planes, with what divides a strain between them.

    Attributes
    ----------
    film, substrate : Net
        The planes.
    film_stiffness, substrate_stiffness : (2, 2, 2, 2) float array or None
        In their planes, eV/Å³.
    variants : list of lists of Parallel
        Orientation relations, of which one must hold; none for no constraint.
    """

    film: Net
    substrate: Net
    film_stiffness: np.ndarray | None = None
    substrate_stiffness: np.ndarray | None = None
    variants: Sequence[Sequence[Parallel]] = ()

    def gradients(self, film: np.ndarray, substrate: np.ndarray) -> np.ndarray:
        """(N, 2, 2) deformations A that map film supercells (N, 2, 2) on the substrate's."""
        adjugate = film[:, ::-1, ::-1].transpose(0, 2, 1) * np.array([[1, -1], [-1, 1]])
        inner = multiply(adjugate, substrate) / determinants(film)[:, None, None]
        left = np.linalg.inv(self.film.in_plane)
        return np.swapaxes(left @ inner @ self.substrate.in_plane, 1, 2)


@dataclass(frozen=True)
class Sharing:
    """Who bears the strain, and how thick both layers are.

    Attributes
    ----------
    strained : str
        As for :func:`heterodot.structures.matching.elastic.share_strain`.
    thickness : tuple of two float
        Of the film and of the substrate, Å.
    """

    strained: str
    thickness: tuple[float, float]

    def divide(
        self, pair: PlanePair, film: np.ndarray, substrate: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the gradients of film and substrate and the energy per area of supercells."""
        stiff = (pair.film_stiffness, pair.substrate_stiffness)
        return share_strain(pair.gradients(film, substrate), self.strained, *stiff, self.thickness)

    def areas(self, pair: PlanePair, film: np.ndarray, substrate: np.ndarray) -> np.ndarray:
        """(N,) areas of the common cells, Å²."""
        one = pair.film.area * determinants(film)
        two = pair.substrate.area * determinants(substrate)
        if self.strained == "elastic":
            return one * np.linalg.det(self.divide(pair, film, substrate)[0])
        part = {"film": 1.0, "substrate": 0.0, "shared": 0.5}[self.strained]
        areas: np.ndarray = one ** (1 - part) * two**part
        return areas


@dataclass(frozen=True, eq=False, repr=False)
class Matches(Sequence[Match]):
    """Matches in order of their score.

    Attributes
    ----------
    pairs : list of PlanePair
        The planes searched.
    pair : (N,) int array
        Which of them each match is of.
    film_transforms, substrate_transforms : (N, 2, 2) int arrays
        The supercells.
    principal : (N, 2) float array
        Principal strains, the larger first.
    twist : (N,) float array
        Degrees.
    area : (N,) float array
        Of the common cell, Å².
    multiplicity : (N,) int array
        Equivalent matches each stands for.
    score : (N,) float array
        What they are ranked by.
    settings : dict
        The search's bounds and choices, as plain JSON.
    beyond : callable or None
        Searches wider, for :attr:`rejected`.
    """

    pairs: list[PlanePair]
    pair: np.ndarray
    film_transforms: np.ndarray
    substrate_transforms: np.ndarray
    principal: np.ndarray
    twist: np.ndarray
    area: np.ndarray
    multiplicity: np.ndarray
    score: np.ndarray
    settings: dict[str, Any]
    beyond: Callable[[], tuple[np.ndarray, np.ndarray]] | None = None

    def __len__(self) -> int:
        return len(self.pair)

    def __repr__(self) -> str:
        noun = "match" if len(self) == 1 else "matches"
        return f"<{len(self)} {noun} of {self._planes()}, by {self.settings['score_meaning']}>"

    @overload
    def __getitem__(self, index: int) -> Match: ...

    @overload
    def __getitem__(self, index: slice) -> list[Match]: ...

    def __getitem__(self, index: int | slice) -> Match | list[Match]:
        """Return one match, or a list of them."""
        if isinstance(index, slice):
            return [self._made(k) for k in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"match {index} of {len(self)}")
        return self._made(index % len(self))

    def __iter__(self) -> Iterator[Match]:
        return (self._made(k) for k in range(len(self)))

    @cached_property
    def energy(self) -> np.ndarray:
        """(N,) elastic energy per common cell, eV; NaN where elastic constants are not known."""
        per_area = np.zeros(len(self))
        for k, pair in enumerate(self.pairs):
            mine = self.pair == k
            if mine.any():
                cells = self.film_transforms[mine], self.substrate_transforms[mine]
                per_area[mine] = self.sharing.divide(pair, *cells)[2]
        return per_area * self.area

    @cached_property
    def rejected(self) -> tuple[np.ndarray, np.ndarray]:
        """Areas (Å²) and von Mises strains of what the bounds keep out, for figures.

        Found when asked for, by a search with larger strains and no other bound but the area.

        Raises
        ------
        StructureError
            That search does not fit in memory.
        """
        return (np.zeros(0), np.zeros(0)) if self.beyond is None else self.beyond()

    @cached_property
    def sharing(self) -> Sharing:
        """Who bears the strain."""
        s = self.settings
        return Sharing(s["strained"], (s["film_thickness"], s["substrate_thickness"]))

    @cached_property
    def von_mises(self) -> np.ndarray:
        """(N,) equivalent strains."""
        return von_mises(self.principal)

    @property
    def best(self) -> Match:
        """The match with the lowest score.

        Raises
        ------
        StructureError
            There is none: the planes are incommensurate within the bounds.
        """
        if not len(self):
            s = self.settings
            extra = f", relation {s['relation']!r}" if s.get("relation") else ""
            raise StructureError(
                f"no match of {self._planes()} up to {s['max_area']:g} Å² and "
                f"{100 * s['max_strain']:g} % strain{extra}: raise max_area or max_strain, or "
                "loosen the other bounds"
            )
        return self[0]

    def _planes(self) -> str:
        if len(self.pairs) == 1:
            return f"{self.pairs[0].film.label} and {self.pairs[0].substrate.label}"
        return f"{len(self.pairs)} pairs of planes"

    def _made(self, k: int) -> Match:
        pair = self.pairs[self.pair[k]]
        film, substrate = self.film_transforms[k], self.substrate_transforms[k]
        gradient = pair.gradients(film[None], substrate[None])
        f, s, per_area = self.sharing.divide(pair, film[None], substrate[None])
        return Match(
            film=pair.film,
            substrate=pair.substrate,
            film_transform=film.copy(),
            substrate_transform=substrate.copy(),
            film_gradient=f[0],
            substrate_gradient=s[0],
            cell=substrate @ pair.substrate.in_plane @ s[0].T,
            strain=polar(gradient[0])[1] - np.eye(2),
            twist=float(self.twist[k]),
            multiplicity=int(self.multiplicity[k]),
            energy=None if np.isnan(per_area[0]) else float(per_area[0] * self.area[k]),
            score=float(self.score[k]),
        )

    @cached_property
    def _plane_texts(self) -> list[tuple[str, str]]:
        """Both planes of each pair in the named settings."""
        texts = {id(p): _other_settings(p) for q in self.pairs for p in (q.film, q.substrate)}
        return [(texts[id(q.film)], texts[id(q.substrate)]) for q in self.pairs]

    def table(self, count: int | None = None) -> list[dict[str, Any]]:
        """Return one row for each match (the first ``count``), by the names of :data:`COLUMNS`.

        Ranks count from 1, as ``interface(rank=…)`` does: ``matches[0]`` has rank 1.
        """
        rows = []
        for k, match in enumerate(self[: len(self) if count is None else count], 1):
            high, low = match.principal
            values = (
                k, match.film.label, match.substrate.label, match.area, match.n_atoms, high, low,
                match.von_mises, match.twist, match.multiplicity, match.energy, match.score,
                match.film_transform.tolist(), match.substrate_transform.tolist(),
                *self._plane_texts[int(self.pair[k - 1])],
            )  # fmt: skip
            rows.append(dict(zip(COLUMNS, values, strict=True)))
        return rows

    def to_dict(self, count: int | None = None) -> dict[str, Any]:
        """Return the settings and the matches (the first ``count``) as plain JSON."""
        chosen = self[: len(self) if count is None else count]
        return {
            "settings": self.settings,
            "n_matches": len(self),
            "matches": [match.to_dict() for match in chosen],
        }


def _other_settings(plane: Net) -> str:
    """Write a plane's indices in the named settings, where there are any."""
    if not isinstance(plane, SurfaceCell):
        return ""
    return " ".join(str(named) for named in in_settings(plane.crystal, plane.miller).values())
