"""Gradient shells: which sites of an alloy hold which element."""

from __future__ import annotations

from typing import Any

import numpy as np

from heterodot.checks import whole
from heterodot.errors import StructureError
from heterodot.structures.core_shell.shell_specs import ShellSpec

OCCUPATIONS = ("exact", "random")


def check_occupation(occupation: str, seed: int) -> None:
    """Refuse an unknown way of occupation, or a seed that is none.

    Raises
    ------
    StructureError
        As said.
    """
    if occupation not in OCCUPATIONS:
        raise StructureError(f"occupation {occupation!r}: expected one of {', '.join(OCCUPATIONS)}")
    whole(seed, "seed", error=StructureError)


def mixed(
    shell: ShellSpec,
    height: np.ndarray,
    sublattice: str,
    occupation: str,
    rng: np.random.Generator,
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Choose which sites of one sublattice of a gradient shell hold the outer material's element.

    Parameters
    ----------
    shell : ShellSpec
        With ``to``.
    height : (n,) float array
        Where each site lies between the shell's inner (0) and outer (1) side; the fraction of
        ``to`` there is start + (end − start)·height.
    sublattice : {"cation", "anion"}
        For the report.
    occupation : {"exact", "random"}
        Exact: in each sub-shell as many sites as the fractions of its sites add up to, the
        remainder of the rounding carried over to the next one out, the sites drawn at random.
        Random: each site by itself with its fraction as the probability.
    rng : numpy.random.Generator
        Where the chance is from.

    Returns
    -------
    (n,) bool array
        Sites of the outer element.
    list of dict
        Per sub-shell from the inside: number of sites, fraction asked for and found, count asked
        for (a real number) and found.
    """
    height = np.clip(height, 0.0, 1.0)
    fraction = shell.start + (shell.end - shell.start) * height
    part = np.minimum((height * shell.sub_shells).astype(int), shell.sub_shells - 1)
    wanted = np.bincount(part, fraction, minlength=shell.sub_shells)
    if occupation == "random":
        chosen = rng.random(len(height)) < fraction
    else:
        sums = np.floor(np.cumsum(wanted) + 0.5 + 1e-9).astype(int)
        chosen = _drawn(part, np.diff(sums, prepend=0), rng)
    found = np.bincount(part[chosen], minlength=shell.sub_shells)
    sites = np.bincount(part, minlength=shell.sub_shells)
    report = [
        {
            "sublattice": sublattice,
            "sites": int(n),
            "asked": float(w),
            "found": int(f),
            "fraction_asked": float(w / max(n, 1)),
            "fraction_found": float(f / max(n, 1)),
        }
        for n, w, f in zip(sites, wanted, found, strict=True)
    ]
    return chosen, report


def _drawn(part: np.ndarray, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) mask with ``counts[k]`` sites drawn from those of each part k."""
    chosen = np.zeros(len(part), bool)
    for k, count in enumerate(counts):
        members = np.flatnonzero(part == k)
        chosen[rng.choice(members, size=min(int(count), len(members)), replace=False)] = True
    return chosen
