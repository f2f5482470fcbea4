"""Compositions as whole numbers of sites: fractions, feeds, and how they are rounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import floor

import numpy as np
from ase.data import atomic_numbers

from heterodot.errors import StructureError
from heterodot.structures.dots.composition_text import read_composition

VACANCY = "vacancy"
"""The name of an empty site in a composition."""

_FEED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*12\s*")


def composition_record(target: str | Mapping[str, float]) -> str | dict[str, float]:
    """Return a composition as JSON values."""
    return target if isinstance(target, str) else {k: float(v) for k, v in target.items()}


def zcis_fractions(feed: Fraction | float | str) -> dict[str, Fraction]:
    """Return the occupation of the cation sites of "x/12" Zn-doped CuInS2, by charge neutrality.

    Cu:In:Zn = x:8:4 (W. Cai et al., ACS Catal. 2023, 13, 15546); k formula units of
    Cu_x In_8 Zn_4 S_{(x+32)/2} have (x+32)k/2 cation sites, of which (8-x)k/2 are vacant.

    Parameters
    ----------
    feed : number
        x, above 0 and at most 8.

    Raises
    ------
    StructureError
        x is out of range.
    """
    x = Fraction(feed)
    if not 0 < x <= 8:
        raise StructureError(f"feed {feed}/12: expected x above 0 and at most 8 (8/12 has no V_Cu)")
    sites = (x + 32) / 2
    return {"Cu": x / sites, "In": 8 / sites, "Zn": 4 / sites, VACANCY: (8 - x) / 2 / sites}


def composition_counts(
    target: str | Mapping[str, float], n_sites: int
) -> tuple[dict[str, int], dict[str, Fraction]]:
    """Turn a composition into whole numbers of sites.

    A mapping by largest remainders. The feed "x/12", which charge neutrality defines, by the
    neutral composition nearest to it (least sum of squared differences): 3 In + 2 Zn + Cu is twice
    the number of sites, vacant ones included, that is In = Cu + 2 V.

    Parameters
    ----------
    target : str or mapping
        As for :func:`fill_cations`.
    n_sites : int
        Number of sites to fill.

    Returns
    -------
    counts : dict of str to int
        By element and "vacancy"; they add up to ``n_sites``.
    wanted : dict of str to Fraction
        The exact, generally fractional, numbers asked for.
    """
    if isinstance(target, str):
        target = read_composition(target)
    if isinstance(target, str):
        match = _FEED.fullmatch(target)
        if match is None:
            raise StructureError(
                f"composition {target!r}: expected '8/12', 'Cu=8,In=8,Zn=4', or a mapping"
            )
        fractions = zcis_fractions(match[1])
    elif isinstance(target, Mapping):
        fractions = _mapping_fractions(target, n_sites)
    else:
        raise StructureError(f"composition {target!r}: expected 'x/12', e.g. '8/12', or a mapping")
    wanted = {name: fraction * n_sites for name, fraction in fractions.items()}
    if isinstance(target, str):
        return _nearest_neutral(wanted, n_sites), wanted
    counts = {name: floor(number) for name, number in wanted.items()}
    by_remainder = sorted(wanted, key=lambda name: counts[name] - wanted[name])
    for name in by_remainder[: n_sites - sum(counts.values())]:
        counts[name] += 1
    return counts, wanted


def _nearest_neutral(wanted: Mapping[str, Fraction], n_sites: int) -> dict[str, int]:
    """Return the whole numbers of Cu, In, Zn and vacancies nearest to those of a feed, neutral.

    The first of equally near ones is that with the most Cu.
    """
    reach = 4  # the nearest neutral point is never further than this in any of the numbers
    vacancies = floor(wanted[VACANCY])
    copper = floor(wanted["Cu"])
    best: tuple[Fraction, int, dict[str, int]] | None = None
    for v in range(max(0, vacancies - reach), vacancies + reach + 1):
        if v and not wanted[VACANCY]:
            break  # 8/12 has none
        for cu in range(max(0, copper - reach), copper + reach + 1):
            indium = cu + 2 * v
            counts = {"Cu": cu, "In": indium, "Zn": n_sites - cu - indium - v, VACANCY: v}
            if counts["Zn"] < 0:
                continue
            distance = sum(((counts[name] - wanted[name]) ** 2 for name in counts), Fraction(0))
            if best is None or (distance, -cu) < best[:2]:
                best = (distance, -cu, counts)
    if best is None:
        raise StructureError(f"{n_sites} cation sites: expected one or more")
    return best[2]


def _mapping_fractions(target: Mapping[str, float], n_sites: int) -> dict[str, Fraction]:
    for name, value in target.items():
        if name != VACANCY and atomic_numbers.get(name, 0) == 0:
            raise StructureError(f"composition: {name!r} is neither an element nor {VACANCY!r}")
        if not (np.isfinite(value) and value >= 0):
            raise StructureError(f"composition: {name} {value}, expected a number of 0 or more")
    values = {
        name: Fraction(float(value)).limit_denominator(10**9) for name, value in target.items()
    }
    total = sum(values.values(), Fraction(0))
    if total == n_sites and all(value.denominator == 1 for value in values.values()):
        return {name: value / n_sites for name, value in values.items()}
    if abs(total - 1) > Fraction(1, 10**6):
        raise StructureError(
            f"composition adds up to {float(total):g}: expected fractions that add up to 1, or "
            f"whole numbers that add up to the {n_sites} cation sites"
        )
    return {name: value / total for name, value in values.items()}
