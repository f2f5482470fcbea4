"""VASP's grids: CHG, CHGCAR, AECCAR and PARCHG, with the spin density behind the total.

A structure as in a POSCAR, an empty line, three counts, then density times volume with the first
index fastest; after CHGCAR's augmentation charges the counts again and the spin density
(https://www.vasp.at/wiki/index.php/CHGCAR).
"""

from __future__ import annotations

import io
import re

import numpy as np
from ase import Atoms

from heterodot.errors import InputError

PARTS = ("total", "spin")
"""What a VASP file of a spin-polarised calculation holds: up plus down, and up minus down."""

_NO_E = re.compile(r"(?<=\d)([+-]\d{3})(?![\d.])")
"""An exponent of three digits, before which Fortran leaves the E out: 0.33004-101."""


def fortran_numbers(text: str) -> np.ndarray:
    """Return the numbers of a text that Fortran may have written.

    Exponents with D, and those of three digits without any letter (0.33004-101), are read too.

    Raises
    ------
    ValueError
        Something else than numbers, such as the stars of one that did not fit.
    """
    try:
        return np.array(text.split(), float)
    except ValueError:
        plain = _NO_E.sub(r"E\1", text.replace("D", "E").replace("d", "e"))
        return np.array(plain.split(), float)


def parse_vasp(text: str, part: str = "total") -> tuple[Atoms, np.ndarray]:
    """Return the structure and the (n1, n2, n3) density, e/Å³, of a VASP file.

    Raises
    ------
    InputError
        Cut short, several steps in one file, or no spin density.
    ValueError
        Not such a file.
    """
    lines = text.splitlines()
    blank = next((i for i, line in enumerate(lines) if i > 5 and not line.strip()), None)
    if blank is None:
        raise InputError("no empty line between structure and grid: expected a VASP file")
    atoms = _structure(lines[:blank])
    shape, first = _counts(lines[blank + 1])
    values, after = _block(lines, blank + 2, first)
    if any(line.split() == lines[0].split() for line in lines[after:] if line.strip()):
        raise InputError("holds the densities of several steps: expected one; cut out yours")
    if part == "spin":
        again = [
            i for i in range(after, len(lines)) if lines[i].split() == lines[blank + 1].split()
        ]
        if not again:
            raise InputError("part 'spin': no second grid, the calculation was not spin-polarised")
        values, _ = _block(lines, again[0] + 1, first)
    return atoms, values.reshape(shape, order="F") / atoms.get_volume()


def _structure(header: list[str]) -> Atoms:
    from ase.io.vasp import read_vasp

    try:
        atoms: Atoms = read_vasp(io.StringIO("\n".join(header) + "\n"))
    except Exception as error:
        raise InputError(f"structure not readable ({error}): expected that of a POSCAR") from error
    return atoms


def _counts(line: str) -> tuple[tuple[int, int, int], int]:
    n1, n2, n3 = (int(n) for n in line.split())
    return (n1, n2, n3), n1 * n2 * n3


def _block(lines: list[str], start: int, count: int) -> tuple[np.ndarray, int]:
    """Return the numbers that begin at a line, and the line after them."""
    per_line = len(lines[start].split())
    stop = start + -(-count // per_line)
    values = fortran_numbers("\n".join(lines[start:stop]))
    if values.size != count:
        raise InputError(f"{values.size} values, expected {count}")
    return values, stop
