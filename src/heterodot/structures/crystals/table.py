"""The crystals heterodot knows by name: space group, lattice, sites, and where each comes from.

Lattice constants are experimental, Å, at room temperature unless the source line says otherwise;
a source that is a compilation or handbook is named as one.
"""

from __future__ import annotations

from dataclasses import dataclass

Site = tuple[str, float, tuple[float, float, float]]
"""Element, formal charge (e), fractional coordinates of one representative."""


@dataclass(frozen=True)
class CrystalEntry:
    """One crystal of the table.

    Attributes
    ----------
    name : str
        The name :func:`heterodot.structures.crystal` knows it by.
    space_group : str
        Hermann–Mauguin symbol in the setting of the cell.
    number : int
        Number of the space group (International Tables A).
    cellpar : tuple of float
        a, b, c (Å) and α, β, γ (°) of the standard setting of ``number``.
    sites : tuple of Site
        Element, formal charge and fractional coordinates of each independent site, in the
        standard setting (origin choice 1).
    source : str
        The publication the lattice and the coordinates are from.
    axes : tuple of int
        Axes of the standard setting that become a, b, c of the cell: (2, 0, 1) turns Pnma into
        Pbnm.
    """

    name: str
    space_group: str
    number: int
    cellpar: tuple[float, float, float, float, float, float]
    sites: tuple[Site, ...]
    source: str
    axes: tuple[int, int, int] = (0, 1, 2)


MADELUNG = "O. Madelung, Semiconductors: Data Handbook, 3rd ed., Springer 2004"
SZE = "S. M. Sze and K. K. Ng, Physics of Semiconductor Devices, 3rd ed., Wiley 2007, Appendix F"
WYCKOFF = "R. W. G. Wyckoff, Crystal Structures, 2nd ed., vol. 1, Interscience 1963"
MOLLER = "C. K. Møller, Nature 182, 1436 (1958), doi:10.1038/1821436a0"


def _zinc_blende(cation: str, anion: str, charge: int, a: float, source: str) -> CrystalEntry:
    sites = ((cation, charge, (0.0, 0.0, 0.0)), (anion, -charge, (0.25, 0.25, 0.25)))
    return CrystalEntry(cation + anion, "F-43m", 216, (a, a, a, 90, 90, 90), sites, source)


def _wurtzite(cation: str, anion: str, a: float, c: float, u: float, source: str) -> CrystalEntry:
    third = (1 / 3, 2 / 3)
    sites = ((cation, 2, (*third, 0.0)), (anion, -2, (*third, u)))
    name = f"{cation}{anion}-wurtzite"
    return CrystalEntry(name, "P6_3mc", 186, (a, a, c, 90, 90, 120), sites, source)


def _perovskite(halogen: str, a: float, source: str) -> CrystalEntry:
    sites = (
        ("Cs", 1, (0.5, 0.5, 0.5)),
        ("Pb", 2, (0.0, 0.0, 0.0)),
        (halogen, -1, (0.5, 0.0, 0.0)),
    )
    name = f"CsPb{halogen}3-cubic"
    return CrystalEntry(name, "Pm-3m", 221, (a, a, a, 90, 90, 90), sites, source)


def _fcc(metal: str, a: float) -> CrystalEntry:
    sites = ((metal, 0, (0.0, 0.0, 0.0)),)
    return CrystalEntry(metal, "Fm-3m", 225, (a, a, a, 90, 90, 90), sites, WYCKOFF)


def _tetragonal(
    name: str, group: tuple[str, int], a: float, c: float, sites: tuple[Site, ...], source: str
) -> CrystalEntry:
    return CrystalEntry(name, *group, (a, a, c, 90, 90, 90), sites, source)


_ENTRIES = (
    _tetragonal(
        "CuInS2",
        ("I-42d", 122),
        5.523,
        11.13,
        (
            ("Cu", 1, (0.0, 0.0, 0.0)),
            ("In", 3, (0.0, 0.0, 0.5)),
            ("S", -2, (0.2295, 0.25, 0.125)),
        ),
        "S. C. Abrahams and J. L. Bernstein, J. Chem. Phys. 59, 5415 (1973), "
        "doi:10.1063/1.1679891; x(S) = 0.2295, at the upper end of the reports (0.214 to 0.229)",
    ),
    _zinc_blende("Zn", "S", 2, 5.409, "B. J. Skinner, Am. Mineral. 46, 1399 (1961): a = 5.4093 Å"),
    _zinc_blende("Zn", "Se", 2, 5.668, f"{MADELUNG}: a = 5.6676 Å"),
    _zinc_blende("Cd", "S", 2, 5.832, f"{SZE}: a = 5.832 Å"),
    _zinc_blende("Cd", "Se", 2, 6.05, f"{SZE}: a = 6.05 Å"),
    _wurtzite("Cd", "S", 4.136, 6.714, 0.377, f"{MADELUNG}; u rounded"),
    _wurtzite("Cd", "Se", 4.299, 7.010, 0.377, f"{MADELUNG}; u rounded"),
    _zinc_blende("In", "P", 3, 5.869, f"{MADELUNG}: a = 5.8687 Å"),
    CrystalEntry(
        "CsPbBr3",
        "Pbnm",
        62,
        (8.255, 11.759, 8.207, 90, 90, 90),
        (
            ("Cs", 1, (0.03, 0.25, 0.993)),
            ("Pb", 2, (0.0, 0.0, 0.5)),
            ("Br", -1, (0.492, 0.25, 0.05)),
            ("Br", -1, (0.294, 0.025, 0.706)),
        ),
        "lattice: M. Rodová, J. Brožek, K. Knížek and K. Nitsch, J. Therm. Anal. Calorim. 71, 667 "
        "(2003), doi:10.1023/A:1022836800820; coordinates: not refined ones, but rounded values "
        "of the GdFeO3-type tilting that give Pb-Br 2.97 Å; relax before use",
        axes=(2, 0, 1),
    ),
    _perovskite("Cl", 5.605, f"{MOLLER}; above 320 K"),
    _perovskite("Br", 5.874, f"{MOLLER}; above 403 K"),
    _perovskite(
        "I",
        6.289,
        "D. M. Trots and S. V. Myagkota, J. Phys. Chem. Solids 69, 2520 (2008), "
        "doi:10.1016/j.jpcs.2008.05.007; 634 K",
    ),
    _tetragonal(
        "TiO2-anatase",
        ("I4_1/amd", 141),
        3.784,
        9.515,
        (("Ti", 4, (0.0, 0.0, 0.0)), ("O", -2, (0.0, 0.0, 0.2081))),
        "M. Horn, C. F. Schwerdtfeger and E. P. Meagher, Z. Kristallogr. 136, 273 (1972): "
        "a = 3.7842, c = 9.5146 Å",
    ),
    _tetragonal(
        "TiO2-rutile",
        ("P4_2/mnm", 136),
        4.593,
        2.959,
        (("Ti", 4, (0.0, 0.0, 0.0)), ("O", -2, (0.305, 0.305, 0.0))),
        "E. P. Meagher and G. A. Lager, Can. Mineral. 17, 77 (1979); u rounded",
    ),
    CrystalEntry(
        "MoS2",
        "P6_3/mmc",
        194,
        (3.160, 3.160, 12.294, 90, 90, 120),
        (("Mo", 4, (1 / 3, 2 / 3, 0.25)), ("S", -2, (1 / 3, 2 / 3, 0.621))),
        "2H; K. D. Bronsema, J. L. de Boer and F. Jellinek, Z. Anorg. Allg. Chem. 540, 15 (1986), "
        "doi:10.1002/zaac.19865400904",
    ),
    _fcc("Cu", 3.615),
    _fcc("Ag", 4.086),
    _fcc("Au", 4.078),
)

CRYSTALS: dict[str, CrystalEntry] = {entry.name: entry for entry in _ENTRIES}
"""Every crystal by name."""
