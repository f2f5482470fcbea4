"""The shape of CO2 on a dot: its bonds, its angle, its distance to the site."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.workflows.parts.gates import adsorbate_record

SHORTER, LONGER = "CO2*: shorter C–O (Å)", "CO2*: longer C–O (Å)"
ANGLE, TO_SITE = "CO2*: O–C–O (°)", "CO2*: to the site (Å)"
"""Names in tables of the shape of adsorbed CO2."""


def co2_shape(atoms: Atoms) -> tuple[tuple[float, float], float, float]:
    """Return the C–O distances (Å, ascending), the O–C–O angle (°) and the distance to the site."""
    record = adsorbate_record(atoms)
    own = record["indices"]
    carbon = next(i for i in own if atoms.numbers[i] == 6)
    first, second = (i for i in own if atoms.numbers[i] == 8)
    lengths = sorted(float(atoms.get_distance(carbon, o, mic=True)) for o in (first, second))
    angle = float(atoms.get_angle(first, carbon, second, mic=True))
    to_site = np.min([atoms.get_distance(record["site"], i, mic=True) for i in own])
    return (lengths[0], lengths[1]), angle, float(to_site)


def co2_values(atoms: Atoms) -> dict[str, float]:
    """Return the shape of adsorbed CO2 by the names it has in tables."""
    (shorter, longer), angle, distance = co2_shape(atoms)
    return {SHORTER: shorter, LONGER: longer, ANGLE: angle, TO_SITE: distance}
