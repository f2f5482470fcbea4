"""Formal charges of a crystal's elements: given, those of the common ions, none, or a guess.

The common ions are taken where they balance. Where they do not (Fe2O3 with Fe 2+) or an element
has none (SrTiO3), the charges are guessed by pymatgen: the most frequent oxidation states that
balance the composition (``Composition.oxi_state_guesses``, whole ones first), or, where there are
none, bond-valence analysis of the structure (``BVAnalyzer``; M. O'Keeffe and N. E. Brese, J. Am.
Chem. Soc. 113, 3226 (1991), doi:10.1021/ja00009a002). Elements, metals and alloys have charge 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, gcd, prod
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.lazy import optional
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES

METALLOIDS = frozenset({"B", "Si", "Ge", "As", "Sb", "Te"})
"""Elements whose compounds with metals may be metals themselves (silicides, borides)."""

NONMETALS = frozenset(
    {"H", "C", "N", "P", "O", "S", "Se", "F", "Cl", "Br", "I", "At"}
    | {"He", "Ne", "Ar", "Kr", "Xe", "Rn"}
)
"""Elements that are anions to metals, or bind to none."""

COVALENT = frozenset({"Si", "Ge", "Sn"})
"""Elements whose crystals, and mixed crystals, are covalent and have no ions."""

LARGEST_SEARCH = 1_000_000
"""Combinations of oxidation states of a composition that are tried."""

DEFECTIVE = 0.1
"""e per atom; common ions that miss balance by less are not replaced by states of mixed valence:
an ion is missing (V_Cu in CuInS2), or one too many."""

CHARGES_INSTEAD = "; or give formal_charges= (on the command line --charges ELEMENT=…)"
"""What does without a guess."""

BALANCED = 1e-6
"""e; sums below this are none."""


@dataclass(frozen=True)
class CrystalCharges:
    """The formal charge of each element of a crystal, and where it is from.

    Attributes
    ----------
    values : dict of str to float
        By element, e; the mean where an element has several.
    origin : str
        In words: "given", "common ions", "metal", "guessed by …".
    total : float
        Their sum over the cell, e.
    formula : str
        Of the cell.
    """

    values: dict[str, float]
    origin: str
    total: float
    formula: str

    def note(self) -> str:
        """Return a sentence for people; empty where there is nothing to say."""
        listed = ", ".join(f"{element} {charge:+.4g}" for element, charge in self.values.items())
        text = ""
        if self.origin not in ("given", "common ions", "element", "metal"):
            mixed = [e for e, q in self.values.items() if abs(q - round(q)) > BALANCED]
            text = f"formal charges {self.origin}: {listed} e"
            if mixed:
                text += f" ({', '.join(mixed)} of mixed valence, its mean)"
        if abs(self.total) > BALANCED:
            source = "as given" if self.origin == "given" else f"of the {self.origin}"
            text = (
                f"the crystal's own formal charges do not balance: {listed} e, {source}, sum to "
                f"{self.total:+g} e in {self.formula}; give formal_charges={{element: charge}} "
                f"(on the command line --charges, as {_example(self.values)})"
            )
        return text


def crystal_charges(atoms: Atoms, given: Mapping[str, float] | None = None) -> CrystalCharges:
    """Find the formal charge of each element of a crystal.

    Parameters
    ----------
    atoms : Atoms
        A whole cell.
    given : mapping of element to charge (e), optional
        These are kept; the others are found to balance them.

    Raises
    ------
    StructureError
        A charge given is none or of an element that is not there, or none can be found.
    """
    counts = Counter(atoms.get_chemical_symbols())
    fixed = checked_charges(given, counts)
    elements = sorted(counts)
    if len(fixed) == len(elements):
        return _made(fixed, "given", counts)
    if not fixed and len(elements) == 1:
        return _made({elements[0]: 0.0}, "element", counts)
    if not fixed and (set(elements) <= COVALENT or _all_metals(elements)):
        return _made(dict.fromkeys(elements, 0.0), "metal", counts)
    known = {e: float(FORMAL_CHARGES[e]) for e in elements if e in FORMAL_CHARGES} | fixed
    common = _made(known, "given" if fixed else "common ions", counts) if len(known) == len(
        elements
    ) else None  # fmt: skip
    if common is not None and abs(common.total) < BALANCED:
        return common
    guessed = _by_composition(counts, fixed) or (None if fixed else _by_bond_valence(atoms))
    if guessed is not None and (common is None or not _of_defects(common.total, guessed[0], atoms)):
        return _made(*guessed, counts)
    if not fixed and not set(elements) & NONMETALS:
        origin = "0, as of a metal: no oxidation states balance"
        return _made(dict.fromkeys(elements, 0.0), origin, counts)
    if common is not None:
        return common
    unknown = [e for e in elements if e not in known]
    raise StructureError(
        f"no formal charge can be guessed for {', '.join(unknown)} in {_formula(counts)}: no "
        "oxidation states balance; give formal_charges={element: charge} (on the command line "
        f"--charges, as {_example(dict.fromkeys(unknown, 2.0))})"
    )


def checked_charges(given: Any, elements: Any = None) -> dict[str, float]:
    """Return charges by element as floats.

    Parameters
    ----------
    given : mapping of element to charge (e), or None
    elements : collection of str, optional
        The elements there are.

    Raises
    ------
    StructureError
        It is no such mapping, or names an element that is not there.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise StructureError(
            f"formal_charges {given!r}: expected a mapping, for example {{'Fe': 3, 'O': -2}}"
        )
    for name, charge in given.items():
        if not atomic_numbers.get(name):
            raise StructureError(f"formal_charges: {name!r} is not an element")
        if elements is not None and name not in elements:
            raise StructureError(
                f"formal_charges: no {name} in the crystal; it holds {', '.join(sorted(elements))}"
            )
        if not is_number(charge) or not -9 <= charge <= 9:
            raise StructureError(
                f"formal_charges: {name} {charge!r}; expected a charge of -9 to 9 e"
            )
    return {str(name): float(charge) for name, charge in given.items()}


def host_charges(atoms: Atoms, given: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the formal charge (e) by element that a structure's regular ions carry.

    That of the common ion where an atom carries it; else the most frequent one.

    Parameters
    ----------
    atoms : Atoms
        Its array ``formal_charge`` is read; without one there are none.
    given : mapping of element to charge (e), optional
        Win over those found.
    """
    found: dict[str, float] = {}
    if "formal_charge" in atoms.arrays:
        carried: dict[str, Counter[float]] = {}
        charges = np.round(atoms.arrays["formal_charge"].astype(float), 6).tolist()
        for symbol, charge in zip(atoms.get_chemical_symbols(), charges, strict=True):
            carried.setdefault(symbol, Counter())[charge] += 1
        for symbol, numbers in carried.items():
            common = float(FORMAL_CHARGES.get(symbol, np.nan))
            found[symbol] = common if common in numbers else numbers.most_common(1)[0][0]
    return found | checked_charges(given)


def ion_charge(element: str, host: Mapping[str, float]) -> float:
    """Return the charge (e) of an ion that comes into a structure, or is there already.

    Parameters
    ----------
    element : str
    host : mapping of str to float
        As from :func:`host_charges`; without it the common ion, or the element's only common
        oxidation state above 0 (pymatgen).

    Raises
    ------
    StructureError
        The element has several, or none.
    """
    if element in host:
        return host[element]
    if element in FORMAL_CHARGES:
        return float(FORMAL_CHARGES[element])
    with optional("pymatgen", f"the common oxidation states of {element}", CHARGES_INSTEAD):
        from pymatgen.core import Element

    states = [q for q in Element(element).common_oxidation_states if q > 0]
    if len(states) == 1:
        return float(states[0])
    several = " or ".join(f"{q:+d}" for q in states) or "none"
    raise StructureError(
        f"no formal charge known for {element} (common: {several}); give formal_charges="
        f"{{'{element}': …}} (on the command line --charges {element}=…)"
    )


def for_side(text: str, keyword: str, option: str) -> str:
    """Return advice on charges with the names they have where two crystals are joined.

    Parameters
    ----------
    text : str
        A message or a note of this module, on one of the crystals.
    keyword, option : str
        What stands before ``formal_charges`` in Python, and before ``charges`` on the command line.
    """
    renamed = text.replace(" formal_charges=", f" {keyword}_formal_charges=")
    return renamed.replace("--charges", f"--{option}-charges")


def _of_defects(total: float, guessed: Mapping[str, float], atoms: Atoms) -> bool:
    """Whether an imbalance is small enough, and the guess odd enough, to be that of defects."""
    whole = all(abs(charge - round(charge)) < BALANCED for charge in guessed.values())
    return not whole and abs(total) < DEFECTIVE * len(atoms)


def _all_metals(elements: list[str]) -> bool:
    return not set(elements) & (NONMETALS | METALLOIDS)


def _made(values: Mapping[str, float], origin: str, counts: Counter[str]) -> CrystalCharges:
    total = round(sum(values[e] * n for e, n in counts.items()), 6) + 0.0
    ordered = {e: float(values[e]) for e in sorted(values, key=lambda e: (values[e] < 0, e))}
    return CrystalCharges(ordered, origin, total, _formula(counts))


def _formula(counts: Counter[str]) -> str:
    return "".join(f"{e}{n if n > 1 else ''}" for e, n in counts.items())


def _example(values: Mapping[str, float]) -> str:
    return ",".join(f"{element}={charge:g}" for element, charge in values.items())


def _by_composition(
    counts: Counter[str], fixed: Mapping[str, float]
) -> tuple[dict[str, float], str] | None:
    """Return the most frequent oxidation states that balance; whole ones first."""
    what = f"guessing the charges of {_formula(Counter(counts))}"
    with optional("pymatgen", what, CHARGES_INSTEAD):
        from pymatgen.core import Element

    divisor = gcd(*counts.values())
    reduced = {e: n // divisor for e, n in counts.items()}
    states = {e: [fixed[e]] if e in fixed else _states(Element(e)) for e in reduced}
    ways = [comb(n + len(states[e]) - 1, n) for e, n in reduced.items()]
    sums = [n * round(max(states[e]) - min(states[e])) + 1 for e, n in reduced.items()]
    if max(ways) > LARGEST_SEARCH or prod(sums) > LARGEST_SEARCH:
        return None
    found = _balanced(reduced, states)
    signed = [g for g in found if any(q < -BALANCED for q in g.values())]
    whole = [g for g in signed if all(abs(q - round(q)) < BALANCED for q in g.values())]
    if not signed:
        return None
    return (whole or signed)[0], "guessed from the composition (pymatgen, oxi_state_guesses)"


def _balanced(
    counts: Mapping[str, int], states: Mapping[str, Sequence[float]]
) -> list[dict[str, float]]:
    """Return the mean charges of the elements that balance, the most frequent ones first.

    What pymatgen's ``Composition.oxi_state_guesses`` returns, which goes through every combination
    of an element's states; here the best combination for each sum is carried from n to n + 1 ions.
    """
    from pymatgen.core import Composition, Species

    if Composition.oxi_prob is None:
        Composition("ZnS").oxi_state_guesses()  # reads how often each ion is found in the ICSD
    frequency: Any = Composition.oxi_prob
    sums = []
    for element, n in counts.items():
        often = [frequency.get(Species(element, q), 0) for q in states[element]]
        sums.append(_sums(states[element], often, n))
    *others, last = sums
    found = []
    for chosen in product(*others):
        rest = round(-sum(chosen), 9) + 0.0
        if rest in last:
            score = sum(part[q] for part, q in zip(sums, (*chosen, rest), strict=True))
            mean = (q / n for q, n in zip((*chosen, rest), counts.values(), strict=True))
            found.append((score, dict(zip(counts, mean, strict=True))))
    found.sort(key=lambda scored: scored[0], reverse=True)
    return [mean for _, mean in found]


def _sums(states: Sequence[float], often: Sequence[float], n: int) -> dict[float, float]:
    """Return the sums n ions can have, with the frequency of the most frequent way to each.

    In the order in which combinations with replacement come upon them.
    """
    ways: dict[float, tuple[float, tuple[int, ...]]] = {0.0: (0, (0,) * len(states))}
    for _ in range(n):
        longer: dict[float, tuple[float, tuple[int, ...]]] = {}
        for total, (score, ions) in ways.items():
            for i, q in enumerate(states):
                more = round(total + q, 9) + 0.0
                best, first = longer.get(more, (-np.inf, ()))
                with_it = (*ions[:i], ions[i] + 1, *ions[i + 1 :])
                longer[more] = (max(best, score + often[i]), max(first, with_it))
        ways = longer
    in_order = sorted(ways.items(), key=lambda way: way[1][1], reverse=True)
    return {total: score for total, (score, _) in in_order}


def _states(element: Any) -> list[float]:
    """Return the oxidation states of pymatgen's element that are tried, as it chooses them."""
    return list(element.icsd_oxidation_states or element.oxidation_states or (0,))


def _by_bond_valence(atoms: Atoms) -> tuple[dict[str, float], str] | None:
    """Return the mean valence of each element by bond-valence analysis."""
    from pymatgen.analysis.bond_valence import BVAnalyzer
    from pymatgen.core import Lattice, Structure

    symbols = atoms.get_chemical_symbols()
    structure = Structure(Lattice(atoms.cell.array), symbols, atoms.get_scaled_positions())
    try:
        valences = BVAnalyzer().get_valences(structure)
    except ValueError:  # its way to say that it finds none
        return None
    means = {
        element: float(np.mean([v for s, v in zip(symbols, valences, strict=True) if s == element]))
        for element in dict.fromkeys(symbols)
    }
    return means, "guessed from bond valences (pymatgen, BVAnalyzer)"
