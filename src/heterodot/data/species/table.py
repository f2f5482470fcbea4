"""The species by name: all that is known of each in one entry.

A further species is a further entry here, or from outside ``add_species(Species(…))``.

Levels of atoms: A. Kramida, Yu. Ralchenko, J. Reader, NIST Atomic Spectra Database
(doi:10.18434/T4W30F). Spin-orbit splittings of ²Π molecules (²Π₃/₂ below ²Π₁/₂ in OH and SH, above
in CH and NO): K. P. Huber, G. Herzberg, Constants of Diatomic Molecules, Van Nostrand 1979.
Symmetry numbers: C. J. Cramer, Essentials of Computational Chemistry, 2nd ed., Wiley 2004.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from heterodot.data.conditions import WATER_VAPOUR_PRESSURE
from heterodot.data.species.entries import (
    Correction,
    GasRecord,
    Geometry,
    IdealGas,
    Orientation,
    Species,
)
from heterodot.data.species.shapes import Point, beyond, carboxyl, polar, pyramid, turned
from heterodot.data.species.starts import (
    ORIGIN,
    carbon_dioxide,
    carboxyl_radical,
    formate,
    formic_acid,
    water,
)
from heterodot.errors import InputError

_HERZBERG = "K. P. Huber and G. Herzberg, Constants of Diatomic Molecules (1979)"
_HERZBERG_III = "G. Herzberg, Electronic Spectra of Polyatomic Molecules (1966)"
_ATOM = "an atom"
_CODATA = (
    "ΔfH°, S°, H°(298)−H°(0): J. D. Cox, D. D. Wagman, V. A. Medvedev, CODATA Key Values for "
    "Thermodynamics (Hemisphere, 1989); Cp°: M. W. Chase, NIST-JANAF Thermochemical Tables, 4th "
    "ed., J. Phys. Chem. Ref. Data Monograph 9 (1998)"
)
_HCOOH: tuple[Point, ...] = (
    *carboxyl(1.202, 1.343, 0.972, 124.9, 106.3, syn=True),
    polar(1.097, 173.45),
)
_METHANOL_O: Point = (0.0, 0.0, 1.4246)


def _atom(symbol: str, gas: IdealGas, stands: tuple[Orientation, ...] = ()) -> Species:
    """Return the entry of a free atom."""
    return Species(
        symbol, geometry=Geometry(symbol, (ORIGIN,), _ATOM), orientations=stands, ideal_gas=gas
    )


def _diatomic(symbols: str, length: float, gas: IdealGas, **entries: Any) -> Species:
    """Return the entry of a molecule of two atoms ``length`` (Å) apart."""
    geometry = Geometry(symbols, ((0, 0, 0), (0, 0, length)), _HERZBERG)
    return Species(symbols, geometry=geometry, ideal_gas=gas, **entries)


_TABLE = (
    Species(
        "CO2",
        geometry=Geometry("CO2", ((0, 0, 0), (0, 0, 1.1621), (0, 0, -1.1621)), _HERZBERG_III),
        orientations=carbon_dioxide(),
        ideal_gas=IdealGas(2, "linear"),
        measured=GasRecord(-393.51, 213.785, 9.365, 37.129, _CODATA),
        corrections={
            "RPBE-OCO": Correction(
                0.45,
                "A. A. Peterson et al., Energy Environ. Sci. 2010, 3, 1311, doi:10.1039/c0ee00071j",
            )
        },
    ),
    Species(
        "COOH",
        geometry=Geometry(
            "CO2H",
            carboxyl(1.183, 1.342, 0.971, 127.0, 107.9, syn=False),
            "trans-HOCO, near the r0 structure of doi:10.1063/1.3578179",
        ),
        orientations=carboxyl_radical(),
        ideal_gas=IdealGas(1, "nonlinear", 0.5),
    ),
    _diatomic(
        "CO",
        1.1283,
        IdealGas(1, "linear"),
        orientations=(
            Orientation("C-down", ("C", "O"), np.array([ORIGIN, (0.0, 0.0, 1.14)]), 0),
            Orientation("O-down", ("C", "O"), np.array([(0.0, 0.0, 1.13), ORIGIN]), 1, 2.4),
        ),
        measured=GasRecord(-110.53, 197.660, 8.671, 29.142, _CODATA),
    ),
    _atom(
        "H", IdealGas(1, "monatomic", 0.5), (Orientation("on-top", ("H",), np.array([ORIGIN]), 0),)
    ),
    _diatomic(
        "OH",
        0.9697,
        IdealGas(1, "linear", 0.5, ((2, 0.0), (2, 139.21))),
        orientations=(Orientation("O-down", ("O", "H"), np.array([ORIGIN, polar(0.97, 70.0)]), 0),),
    ),
    Species(
        "HCOO",
        geometry=Geometry(
            "CO2H",
            ((0, 0, 0), polar(1.26, 63.0), polar(1.26, -63.0), (0.0, 0.0, -1.10)),
            "the formate ion in its salts, A. F. Wells, Structural Inorganic Chemistry, 5th ed. "
            "(1984)",
        ),
        orientations=formate(),
        ideal_gas=IdealGas(2, "nonlinear", 0.5),
    ),
    Species(
        "H2O",
        geometry=Geometry(
            "OH2",
            ((0, 0, 0), polar(0.9572, 52.26), polar(0.9572, -52.26)),
            "W. S. Benedict, N. Gailar, E. K. Plyler, J. Chem. Phys. 1956, 24, 1139",
        ),
        orientations=water(),
        ideal_gas=IdealGas(2, "nonlinear"),
        measured=GasRecord(-241.826, 188.835, 9.905, 33.590, _CODATA),  # the vapour
        pressure=WATER_VAPOUR_PRESSURE,
    ),
    _diatomic(
        "H2",
        0.7414,
        IdealGas(2, "linear"),
        orientations=(
            Orientation(
                "flat", ("H", "H"), np.array([(-0.37, 0.0, 0.0), (0.37, 0.0, 0.0)]), 0, 2.0
            ),
        ),
        measured=GasRecord(0.0, 130.680, 8.468, 28.836, _CODATA),
    ),
    Species(
        "HCOOH",
        geometry=Geometry(
            "CO2H2",
            _HCOOH,
            "H syn to C=O; G. H. Kwei and R. F. Curl, J. Chem. Phys. 1960, 32, 1592",
        ),
        orientations=formic_acid(_HCOOH),
        ideal_gas=IdealGas(1, "nonlinear"),
    ),
    _diatomic("O2", 1.2075, IdealGas(2, "linear", 1.0)),
    _diatomic("N2", 1.0977, IdealGas(2, "linear")),
    _diatomic("SH", 1.3409, IdealGas(1, "linear", 0.5, ((2, 0.0), (2, 376.96)))),
    _diatomic("CH", 1.1199, IdealGas(1, "linear", 0.5, ((2, 0.0), (2, 27.95)))),
    _diatomic("NO", 1.1508, IdealGas(1, "linear", 0.5, ((2, 0.0), (2, 121.1)))),
    Species(
        "NO2",
        geometry=Geometry(
            "NO2",
            ((0, 0, 0), polar(1.1944, 66.945), polar(1.1944, -66.945)),
            "re of J. Demaison, J. Liévin, A. Perrin, Mol. Phys. 2024, "
            "doi:10.1080/00268976.2024.2318016",
        ),
        ideal_gas=IdealGas(2, "nonlinear", 0.5),
    ),
    Species(
        "CH3",
        geometry=Geometry("CH3", (ORIGIN, *pyramid(1.079, 120.0)), _HERZBERG_III),
        ideal_gas=IdealGas(6, "nonlinear", 0.5),
    ),
    Species(
        "HCHO",
        geometry=Geometry(
            "OCH2",
            ((0.0, 0.0, 1.205), ORIGIN, polar(1.111, 121.9335), polar(1.111, -121.9335)),
            "L. V. Gurvich, I. V. Veyts, C. B. Alcock, Thermodynamic Properties of Individual "
            "Substances, in the NIST Computational Chemistry Comparison and Benchmark Database "
            "(doi:10.18434/T47C7Z)",
        ),
        ideal_gas=IdealGas(2, "nonlinear"),
    ),
    Species(
        "CH3OH",
        geometry=Geometry(
            "OCH4",
            (
                _METHANOL_O,
                ORIGIN,
                *turned(pyramid(1.0936, 108.63, azimuth=180.0), 3.27).tolist(),
                beyond(_METHANOL_O, polar(0.9451, 180.0 - 108.53)),  # anti to the first H
            ),
            "r0 of R. M. Lees, J. G. Baker, J. Chem. Phys. 1968, 48, 5299",
        ),
        ideal_gas=IdealGas(1, "nonlinear"),
    ),
    Species(
        "CH4",
        geometry=Geometry(
            "CH4",
            (ORIGIN, (0.0, 0.0, 1.094), *pyramid(1.094, 109.471220634)),
            _HERZBERG_III,
        ),
        ideal_gas=IdealGas(12, "nonlinear"),
    ),
    _atom("C", IdealGas(1, "monatomic", 1.0, ((1, 0.0), (3, 16.417), (5, 43.414)))),
    _atom("N", IdealGas(1, "monatomic", 1.5)),
    _atom("O", IdealGas(1, "monatomic", 1.0, ((5, 0.0), (3, 158.265), (1, 226.977)))),
    _atom("S", IdealGas(1, "monatomic", 1.0, ((5, 0.0), (3, 396.055), (1, 573.640)))),
    _atom("F", IdealGas(1, "monatomic", 0.5, ((4, 0.0), (2, 404.141)))),
    _atom("Cl", IdealGas(1, "monatomic", 0.5, ((4, 0.0), (2, 882.352)))),
    _atom("Br", IdealGas(1, "monatomic", 0.5, ((4, 0.0), (2, 3685.24)))),
    _atom("I", IdealGas(1, "monatomic", 0.5, ((4, 0.0), (2, 7602.97)))),
)

T = TypeVar("T")

SPECIES: dict[str, Species] = {entry.name: entry for entry in _TABLE}
"""The species by name."""


def add_species(*entries: Species) -> None:
    """Put species of your own into the table, for this process.

    Raises
    ------
    InputError
        A name that is taken.
    """
    for entry in entries:
        if SPECIES.get(entry.name, entry) is not entry:
            raise InputError(
                f"species {entry.name!r}: the table has one of that name, expected another name"
            )
    SPECIES.update({entry.name: entry for entry in entries})


def species(name: str) -> Species:
    """Return the entry of a species.

    Raises
    ------
    InputError
        If the table has none.
    """
    if name not in SPECIES:
        raise InputError(
            f"species {name!r}: expected one of {', '.join(SPECIES)}; add_species takes others"
        )
    return SPECIES[name]


class Entries(Mapping[str, T]):
    """One kind of entry, by the species that have it: a view of the table.

    Parameters
    ----------
    kind : str
        Attribute of :class:`Species`.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __getitem__(self, name: str) -> T:
        entry: T | None = getattr(SPECIES[name], self._kind)
        if not entry:
            raise KeyError(name)
        return entry

    def __iter__(self) -> Iterator[str]:
        return (name for name, entry in SPECIES.items() if getattr(entry, self._kind))

    def __len__(self) -> int:
        return sum(1 for _ in self)
