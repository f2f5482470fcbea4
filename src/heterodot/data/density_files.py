"""Files that hold densities: cube, VASP's CHGCAR and its kin, and numpy's own."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from ase.units import Bohr

from heterodot.data.density import GridDensity, guess_nuclear_charges
from heterodot.data.vasp_grid import PARTS, fortran_numbers, parse_vasp
from heterodot.errors import InputError
from heterodot.paths import kind_of, refuse_no_file, user_path
from heterodot.writing import written_aside

_Pbc = tuple[bool, bool, bool]


_PACKED = (".gz", ".bz2", ".xz")

_BROKEN = (
    ValueError, KeyError, IndexError, EOFError, OSError, zipfile.BadZipFile, zlib.error,
    lzma.LZMAError,
)  # fmt: skip


def read_grid(
    path: str | Path | Sequence[str | Path],
    valence: Mapping[str, float] | None = None,
    pbc: tuple[bool, bool, bool] = (True, True, True),
    part: str = "total",
) -> GridDensity:
    """Read a density from a Gaussian cube file, one of VASP's or what :func:`write_grid` wrote.

    Parameters
    ----------
    path : path or sequence of paths
        ``*.cube``, ``*.cub``, ``CHG``, ``CHGCAR*``, ``AECCAR*``, ``PARCHG*``, ``*.vasp``,
        ``*.npz``; all but the last may be packed (``.gz``, ``.bz2``, ``.xz``). Of several files on
        one grid the sum: VASP's all-electron density is ``["AECCAR0", "AECCAR2"]``. (GPAW's
        ``.gpw``: ``heterodot.calculators.read_density``.)
    valence : mapping of str to float, optional
        Electrons of each element that the density holds. Without it, those a cube writes into its
        second atom column if they sum to the integral within 0.5 e, or the atomic numbers if these
        do.
    pbc : three bool
        Of a cube, which does not tell.
    part : {"total", "spin"}
        Of a VASP file: up plus down, or up minus down.

    Raises
    ------
    InputError
        No such file, or not one of these formats, or cut short, or grids that differ.
    """
    if part not in PARTS:
        raise InputError(f"part {part!r}: expected one of {PARTS}")
    paths = [path] if isinstance(path, str | Path) else list(path)
    if not paths:
        raise InputError("no files given: expected one, or those to add")
    density = _read_one(Path(paths[0]), pbc, part)
    for other in paths[1:]:
        density = density.plus(_read_one(Path(other), pbc, part))
    return density if valence is None else density.with_valence(valence)


def _read_one(path: Path, pbc: _Pbc, part: str) -> GridDensity:
    path = user_path(path)
    if not path.is_file():
        found = kind_of(path)
        raise InputError(f"{path}: {'no such file' if found == 'nothing' else f'is {found}'}")
    read = _reader(path)
    if part != "total" and read is not _read_chgcar:
        raise InputError(f"{path}: part {part!r} is in VASP's files only")
    try:
        return read(path, pbc, part)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except _BROKEN as error:
        raise InputError(f"{path}: cannot be read as a density ({error}); is it whole?") from error


def write_grid(density: GridDensity, path: str | Path) -> None:
    """Write a density as a cube file (``*.cube``, e/bohr³) or exactly (``*.npz``).

    The file is there whole or not at all.

    Raises
    ------
    InputError
        Another ending, or it cannot be written.
    """
    path = user_path(path)
    if path.suffix not in (".cube", ".cub", ".npz"):
        raise InputError(f"{path}: expected a name that ends in .cube or .npz")
    refuse_no_file(path)
    try:
        with written_aside(path) as (aside,):
            _write_any(density, aside)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error


def _reader(path: Path) -> Callable[[Path, _Pbc, str], GridDensity]:
    bare = path.with_suffix("") if path.suffix in _PACKED else path
    name = bare.name.upper()
    if bare.suffix in (".cube", ".cub"):
        return _read_cube
    if path.suffix == ".npz":
        return _read_npz
    if name.startswith(("LOCPOT", "ELFCAR")):
        raise InputError(f"{path}: holds {_OTHER[name[:6]]}, not a density")
    if name.startswith("CHG") or any(word in name for word in _VASP) or bare.suffix == ".vasp":
        return _read_chgcar
    if path.suffix == ".gpw":
        raise InputError(f"{path}: GPAW files are read by heterodot.calculators.read_density")
    if bare.suffix == ".xsf":
        raise InputError(f"{path}: XSF does not tell its unit (e/bohr³ or e/Å³); write a cube")
    raise InputError(f"{path}: expected a cube, CHG, CHGCAR, AECCAR, PARCHG or npz by its name")


_VASP = ("CHGCAR", "AECCAR", "PARCHG")
_OTHER = {"LOCPOT": "a potential (eV)", "ELFCAR": "an ELF"}


def _text(path: Path) -> str:
    """Content of a text file, packed or not; any line endings."""
    unpack = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
    data = path.read_bytes()
    data = unpack[path.suffix](data) if path.suffix in _PACKED else data
    return data.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def _read_cube(path: Path, pbc: _Pbc, part: str) -> GridDensity:  # noqa: ARG001 - one part
    """Cube: two comments, atoms and origin, three counts with voxel vectors, atoms, values.

    Positive counts mean bohr, negative ones Å (Gaussian's convention); values are e/bohr³ either
    way. P. Bourke, "Gaussian cube files" (2003).
    """
    lines = _text(path).split("\n", 6)
    head = lines[2].split()
    n_atoms = int(head[0])
    if n_atoms < 0 or (len(head) > 4 and int(head[4]) != 1):
        raise InputError("a cube of orbitals or of several values; expected one density")
    rows = np.array([fortran_numbers(line) for line in lines[3:6]])
    rest = lines[6].split("\n", n_atoms)
    places = np.array([fortran_numbers(line) for line in rest[:n_atoms]])
    values = fortran_numbers(rest[n_atoms])
    shape = tuple(int(n) for n in np.abs(rows[:, 0]))
    if values.size != np.prod(shape):
        raise InputError(f"{values.size} values, expected {shape[0]}×{shape[1]}×{shape[2]}")
    unit = Bohr if (rows[:, 0] > 0).all() else 1.0
    places = places.reshape(n_atoms, 5)
    numbers = places[:, 0].astype(int)
    density = GridDensity(
        values.reshape(shape) / Bohr**3,
        rows[:, 1:] * np.abs(rows[:, :1]) * unit,
        numbers,
        places[:, 2:] * unit,
        pbc,
        fortran_numbers(" ".join(head[1:4])) * unit,
    )
    held = density.integral
    charges = guess_nuclear_charges(numbers, held)
    if charges is None and n_atoms and abs(places[:, 1].sum() - held) < 0.5:
        charges = places[:, 1]
    return GridDensity(**{**density.to_dict(), "nuclear_charges": charges})


def _read_chgcar(path: Path, pbc: _Pbc, part: str) -> GridDensity:  # noqa: ARG001 - periodic
    atoms, values = parse_vasp(_text(path), part)
    density = GridDensity(values, atoms.cell.array, atoms.numbers, atoms.positions)
    if part == "spin":
        return replace(density, kind="spin")
    charges = guess_nuclear_charges(density.numbers, density.integral)
    return replace(density, nuclear_charges=charges)


def _read_npz(path: Path, pbc: _Pbc, part: str) -> GridDensity:  # noqa: ARG001 - tells itself
    with np.load(path, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    return GridDensity(**{**data, "kind": str(data["kind"]), "pbc": tuple(data["pbc"].tolist())})


def _write_any(density: GridDensity, path: Path) -> None:
    if path.suffix == ".npz":
        content = {k: v for k, v in density.to_dict().items() if v is not None}
        np.savez_compressed(path, allow_pickle=False, **content)
    else:
        _write_cube(density, path)


def _write_cube(density: GridDensity, path: Path) -> None:
    charges = density.nuclear_charges
    charges = np.zeros(len(density.numbers)) if charges is None else charges
    n1, n2, n3 = density.values.shape
    with path.open("w", encoding="utf-8") as file:
        file.write(f"heterodot {density.kind or 'density'}\ne/bohr^3, z fastest\n")
        head = [(len(density.numbers), density.corner / Bohr)]
        head += list(zip((n1, n2, n3), density.steps / Bohr, strict=True))
        for count, vector in head:
            file.write(f"{count:6d}" + "".join(f"{x:16.9f}" for x in vector) + "\n")
        for z, q, place in zip(density.numbers, charges, density.positions / Bohr, strict=True):
            file.write(f"{z:6d}{q:16.9f}" + "".join(f"{x:16.9f}" for x in place) + "\n")
        np.savetxt(file, (density.values * Bohr**3).reshape(n1 * n2, n3), "%.12e")
