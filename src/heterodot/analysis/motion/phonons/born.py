"""Born charges and the high-frequency dielectric tensor: what splits LO from TO at Γ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import units

from heterodot.checks import is_number
from heterodot.errors import InputError

if TYPE_CHECKING:
    from phonopy.structure.atoms import PhonopyAtoms

NEUTRAL = 0.02
"""e per atom: Born charges may sum to as much in a cell. Chosen: what dense k-meshes leave; the
rest is spread over the atoms, and a larger one refused."""

_EXPECTED = (
    "expected a file BORN of phonopy, or dielectric (a number, three or 3 x 3) and charges by "
    "element (a number or 3 x 3, e)"
)


@dataclass(frozen=True, eq=False)
class Born:
    """Effective charges Z* and dielectric tensor ε∞ (X. Gonze, C. Lee, Phys. Rev. B 55, 10355).

    Attributes
    ----------
    text : str
        The content of a file BORN of phonopy; empty where the others are given.
    charges : dict of str to (3, 3) float array
        e, by element.
    dielectric : (3, 3) float array or None
    """

    text: str = ""
    charges: Mapping[str, np.ndarray] | None = None
    dielectric: np.ndarray | None = None

    @classmethod
    def of(cls, given: str | Mapping[str, Any]) -> Born:
        """Return charges as a study or a script gives them.

        Parameters
        ----------
        given : str or mapping
            The content of a file BORN, or ``{"dielectric": 5.7, "charges": {"Zn": 2.0, "S": -2}}``.

        Raises
        ------
        InputError
            Something else.
        """
        if isinstance(given, str):
            _check_text(given)
            return cls(text=given)
        if set(given) != {"dielectric", "charges"} or not isinstance(given["charges"], Mapping):
            raise InputError(f"born {', '.join(map(str, given)) or 'empty'}: {_EXPECTED}")
        charges = {str(k): _tensor(v, f"charges, {k}") for k, v in given["charges"].items()}
        dielectric = _tensor(given["dielectric"], "dielectric")
        if not (np.linalg.eigvalsh((dielectric + dielectric.T) / 2) >= 1).all():
            raise InputError("born, dielectric: expected 1 or more along every direction")
        return cls(charges=charges, dielectric=dielectric)

    def parameters(self, primitive: PhonopyAtoms, symprec: float) -> dict[str, Any]:
        """Return what phonopy wants to know of the atoms of a primitive cell.

        Raises
        ------
        InputError
            Charges are missing, or do not sum to zero; or the file is none.
        """
        found = self._of_file(primitive, symprec) if self.text else self._of_elements(primitive)
        charges = np.array(found["born"], float)
        excess = charges.mean(axis=0)
        if np.abs(excess).max() > NEUTRAL:
            worst = float(np.abs(excess).max())
            raise InputError(
                f"born: the charges of a cell sum to {worst * len(charges):+.3f} e in size; "
                f"expected 0 within {NEUTRAL:g} e per atom"
            )
        return {"factor": units.Hartree * units.Bohr, **found, "born": charges - excess}

    def _of_file(self, primitive: PhonopyAtoms, symprec: float) -> dict[str, Any]:
        from phonopy.file_IO import parse_BORN_from_strings

        try:
            found = parse_BORN_from_strings(self.text, primitive, symprec=symprec)
        except Exception as error:  # phonopy's own, of many types
            why = " ".join(str(error).split())
            raise InputError(f"born: no file BORN for this crystal ({why}); {_EXPECTED}") from error
        return {key: found[key] for key in ("born", "dielectric", "factor") if key in found}

    def _of_elements(self, primitive: PhonopyAtoms) -> dict[str, Any]:
        charges = self.charges or {}
        symbols = list(primitive.symbols)
        missing = sorted(set(symbols) - set(charges))
        if missing:
            raise InputError(f"born, charges: none for {', '.join(missing)}; {_EXPECTED}")
        return {"born": np.array([charges[s] for s in symbols]), "dielectric": self.dielectric}


def _check_text(text: str) -> None:
    """Refuse a text whose lines after the first are not nine numbers each."""
    rows = [line.split("#")[0].split() for line in text.strip().splitlines()[1:]]
    try:
        numbers = [[float(x) for x in row] for row in rows if row]
    except ValueError:
        numbers = []
    if len(numbers) < 2 or any(len(row) != 9 for row in numbers):
        raise InputError(f"born: a text that is no file BORN; {_EXPECTED}")


def _tensor(value: Any, what: str) -> np.ndarray:
    """Return a number, a diagonal or a tensor as a tensor."""
    if is_number(value):
        return np.eye(3) * float(value)
    try:
        array = np.asarray(value, float) if isinstance(value, Sequence | np.ndarray) else None
    except (TypeError, ValueError):
        array = None
    if array is None or array.shape not in ((3,), (3, 3)) or not np.isfinite(array).all():
        raise InputError(f"born, {what}: {value!r}: {_EXPECTED}")
    return np.diag(array) if array.ndim == 1 else array
