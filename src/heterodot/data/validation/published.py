"""Published numbers that levels are compared with, as ``published.yaml`` has them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from ase import units

from heterodot.data.species.entries import KJ_PER_MOL
from heterodot.data.species.table import SPECIES
from heterodot.data.validation.measured import FOLDER

GAS_CONSTANT = units.kB
"""eV/K a molecule: R a mole."""


@cache
def published() -> Mapping[str, Any]:
    """Return the file."""
    import yaml

    loaded: Mapping[str, Any] = yaml.safe_load((FOLDER / "published.yaml").read_text("utf-8"))
    return loaded


def temperature() -> float:
    """Return the temperature of all of them, K."""
    return float(published()["temperature"])


def gas_enthalpy(name: str) -> float:
    """Return ΔfH°(298.15 K) of a gas, eV."""
    return _gas(name)[0] * KJ_PER_MOL


def gas_gibbs(name: str) -> float:
    """Return ΔfH° − T S° of a gas at 298.15 K and 1 bar, eV."""
    enthalpy, entropy = _gas(name)
    return (enthalpy - temperature() * entropy / 1e3) * KJ_PER_MOL


def _gas(name: str) -> tuple[float, float]:
    known = SPECIES[name].measured
    if known is not None:
        return known.formation_enthalpy, known.entropy
    entry = published()["gases"][name]
    return float(entry["formation_enthalpy"]), float(entry["entropy"])


def gas_sources() -> tuple[str, ...]:
    """Return where the numbers of the gases of the reactions are from, each source once."""
    names = dict.fromkeys(n for terms in published()["reactions"].values() for n in terms)
    found = []
    for name in names:
        known = SPECIES[name].measured
        found.append(known.source if known is not None else published()["gases"][name]["source"])
    return tuple(dict.fromkeys(found))


def reaction(terms: Mapping[str, float], of: Mapping[str, float]) -> float:
    """Return Σ n × property over the terms of a reaction."""
    return sum(float(n) * of[name] for name, n in terms.items())


def adsorbate_enthalpy(name: str) -> float:
    """Return H°(298.15 K) of an adsorbate on Cu(111) against the elements, eV."""
    a, t = published()["adsorbates"]["nasa"][name], temperature()
    powers = sum(a[n] * t**n / (n + 1) for n in range(5))
    return float(GAS_CONSTANT * t * (powers + a[5] / t))


def adsorbate_gibbs(name: str) -> float:
    """Return H° − T S° of an adsorbate on Cu(111) at 298.15 K, eV."""
    a, t = published()["adsorbates"]["nasa"][name], temperature()
    entropy = a[0] * np.log(t) + sum(a[n] * t**n / n for n in range(1, 5)) + a[6]
    return adsorbate_enthalpy(name) - float(GAS_CONSTANT * t * entropy)
