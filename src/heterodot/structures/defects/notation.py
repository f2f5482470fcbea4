"""Kröger–Vink notation of point defects, read and written in all its typographic forms.

``species_site`` with the charge relative to the perfect crystal: • (or *) for +1, ′ (or ') for −1,
× (or x) for 0 (F. A. Kröger and H. J. Vink, Solid State Phys. 1956, 3, 307). ``V`` is a vacancy,
``i`` an interstitial site.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ase.data import atomic_numbers

from heterodot.errors import StructureError
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES, OXIDATION_STATES

_PRIMES = {"′": 1, "'": 1, "’": 1, "‘": 1, "´": 1, "`": 1, "″": 2, '"': 2, "”": 2, "‴": 3}
_DOTS = "•·∙⋅●˙*"
_CROSSES = "×xˣX✕⨯"
_LATEX = {r"\bullet": "•", r"\cdot": "•", r"\prime": "′", r"\times": "×", "$": "", r"\mathrm": ""}
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ABCDEFGHIJKLMNOPRSTUVWYZ", strict=True))
_SUBSCRIPTS = dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True))
_LOWERED = {**_SMALL_CAPITALS, **_SUBSCRIPTS}
_SHAPE = re.compile(r"^(?P<species>[A-Z][a-z]?)_(?P<rest>.+)$")


@dataclass(frozen=True)
class Defect:
    """A point defect: what sits where, and its charge relative to the perfect site.

    Attributes
    ----------
    species : str
        Element, or "V" for a vacancy.
    site : str
        Element the site belongs to, or "i" for an interstitial.
    charge : int
        Effective charge, e.
    """

    species: str
    site: str
    charge: int

    @property
    def is_vacancy(self) -> bool:
        """Whether the site is empty."""
        return self.species == "V"

    @property
    def ascii(self) -> str:
        """Plain form: ``V_Cu'``, ``In_Cu**``, ``Zn_Znx``."""
        return f"{self.species}_{self.site}" + _marks(self.charge, "'", "*", "x")

    @property
    def unicode(self) -> str:
        """Typographic form: ``Vᴄᵤ′``, ``Inᴄᵤ••``, ``Znᴢₙ×``."""
        return f"{self.species}{_lowered(self.site)}{_marks(self.charge, '′', '•', '×')}"

    def __str__(self) -> str:
        return self.unicode


def parse_defect(text: str | Defect, formal_charges: Mapping[str, int] | None = None) -> Defect:
    r"""Read a defect in Kröger–Vink notation, and check its charge.

    Parameters
    ----------
    text : str or Defect
        For example ``V_Cu'``, ``Cu_In''``, ``In_Cu**``, ``In_Cu••``, ``Cu_Cu·``, ``V_{Cu}^{'}``,
        ``Zn_Zn^x``, ``Vᴄᵤ′``, ``$V_{Cu}^{\prime}$``, ``In_Cu^{2•}``.
    formal_charges : mapping of str to int, optional
        Charges (e) of ions that replace those of ``electrons.FORMAL_CHARGES``.

    Returns
    -------
    Defect

    Raises
    ------
    StructureError
        If the text is not in the notation, an element is unknown, or the charge is not
        Z(species) − Z(site) for any charge the species may carry.
    """
    if isinstance(text, Defect):
        return text
    normal = _normalised(text)
    match = _SHAPE.match(normal)
    if not match:
        raise StructureError(
            f"defect {text!r}: expected species_site and a charge, for example V_Cu' or In_Cu**"
        )
    species = match["species"]
    site, marks = _site_and_marks(text, match["rest"])
    if species != "V" and species not in atomic_numbers:
        raise StructureError(f"defect {text!r}: {species} is not an element (V is a vacancy)")
    defect = Defect(species, site, _charge(text, marks))
    _check_charge(text, defect, {**FORMAL_CHARGES, **(formal_charges or {})}, formal_charges or {})
    return defect


def _normalised(text: str) -> str:
    """Return the text as ``Species_Sitemarks``: no braces, spaces or LaTeX, subscripts by _."""
    out = unicodedata.normalize("NFC", str(text))
    for latex, plain in _LATEX.items():
        out = out.replace(latex, plain)
    letters, below = [], False
    for character in out:
        if character in _LOWERED:
            letters.append(("" if below or "_" in letters else "_") + _LOWERED[character])
            below = True
        elif character not in "{}^ ":
            letters.append(character)
    return "".join(letters)


def _site_and_marks(text: str, rest: str) -> tuple[str, str]:
    """Split what follows the underscore into an element (or i) and the charge marks."""
    pair = rest[:2].capitalize()
    if len(rest) >= 2 and rest[1].isalpha() and pair in atomic_numbers and rest[1] not in "xˣ":
        return pair, rest[2:]
    if rest[0] == "i" or rest[0].upper() in atomic_numbers:
        return ("i" if rest[0] == "i" else rest[0].upper()), rest[1:]
    raise StructureError(
        f"defect {text!r}: {rest!r} does not begin with an element or i (the site)"
    )


def _charge(text: str, marks: str) -> int:
    """Return the effective charge the marks spell."""
    number = re.match(r"^\d+", marks)
    body = marks[number.end() :] if number else marks
    if body and all(c in _PRIMES for c in body):
        charge = -sum(_PRIMES[c] for c in body)
    elif body and all(c in _DOTS for c in body):
        charge = len(body)
    elif body and len(body) == 1 and body in _CROSSES:
        charge = 0
    else:
        raise StructureError(
            f"defect {text!r}: charge {marks!r}; expected primes (') for negative, dots (• or *) "
            "for positive, or x for neutral"
        )
    if number and abs(charge) > 1:
        raise StructureError(f"defect {text!r}: charge {marks!r}; a number takes one mark")
    return charge * int(number.group()) if number else charge


def _check_charge(
    text: str, defect: Defect, known: Mapping[str, int], given: Mapping[str, int]
) -> None:
    """Raise unless the charge is Z(species) − Z(site) for an ion the species can be."""
    for element in (defect.species, defect.site):
        if element not in ("V", "i") and element not in known:
            raise StructureError(
                f"defect {text!r}: no formal charge known for {element}; "
                f"give formal_charges={{'{element}': …}}"
            )
    site = 0 if defect.site == "i" else known[defect.site]
    if defect.is_vacancy:
        states: tuple[int, ...] = (0, *range(site, 0, -1 if site > 0 else 1))
    elif defect.species in given:
        states = (given[defect.species],)
    else:
        states = OXIDATION_STATES.get(defect.species, (known[defect.species],))
    if defect.site == "i" and 0 not in states:
        states = (*states, 0)
    allowed = [state - site for state in states]
    if defect.charge in allowed:
        return
    right = Defect(defect.species, defect.site, allowed[0])
    what = "a vacancy" if defect.is_vacancy else f"{defect.species}({states[0]:+d})"
    raise StructureError(
        f"defect {text!r}: charge {defect.charge:+d}, but {what} on a site of charge {site:+d} "
        f"has {allowed[0]:+d}: write {right.ascii}"
    )


def _marks(charge: int, negative: str, positive: str, neutral: str) -> str:
    """Return the superscript of a charge."""
    return neutral if charge == 0 else (positive if charge > 0 else negative) * abs(charge)


def _lowered(site: str) -> str:
    """Return a site's symbol as subscript letters (small capitals where Unicode has none)."""
    capitals = {v: k for k, v in _SMALL_CAPITALS.items()}
    subscripts = {v: k for k, v in _SUBSCRIPTS.items()}
    return "".join(
        capitals[c] if c.isupper() else subscripts.get(c, capitals.get(c.upper(), c)) for c in site
    )
