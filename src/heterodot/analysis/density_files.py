"""Files that hold densities: cube, CHGCAR and numpy's own."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

import numpy as np
from ase.units import Bohr

from heterodot.analysis.density import GridDensity, guess_nuclear_charges
from heterodot.errors import InputError
from heterodot.paths import refuse_no_file, user_path
from heterodot.writing import written_aside

_Pbc = tuple[bool, bool, bool]


def read_grid(
    path: str | Path,
    valence: Mapping[str, float] | None = None,
    pbc: tuple[bool, bool, bool] = (True, True, True),
) -> GridDensity:
    """Read a density from a Gaussian cube file, a VASP CHGCAR or what :func:`write_grid` wrote.

    Parameters
    ----------
    path : path
        ``*.cube``, ``*.cub``, ``CHGCAR*``, ``AECCAR*``, ``*.vasp``, ``*.npz``. (GPAW's ``.gpw``:
        ``heterodot.calculators.read_density``.)
    valence : mapping of str to float, optional
        Electrons of each element that the density holds. Without it, those a cube writes into its
        second atom column if they sum to the integral within 0.5 e, or the atomic numbers if these
        do.
    pbc : three bool
        Of a cube, which does not tell.

    Raises
    ------
    InputError
        No such file, or not one of these formats, or cut short.
    """
    path = user_path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    read = _reader(path)
    try:
        density = read(path, pbc)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (ValueError, KeyError, IndexError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read as a density ({error}); is it whole?") from error
    return density if valence is None else density.with_valence(valence)


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


def _reader(path: Path) -> Callable[[Path, _Pbc], GridDensity]:
    name = path.name.upper()
    if path.suffix in (".cube", ".cub"):
        return _read_cube
    if path.suffix == ".npz":
        return _read_npz
    if name.startswith(("CHGCAR", "AECCAR", "CHG.", "PARCHG")) or path.suffix == ".vasp":
        return _read_chgcar
    if path.suffix == ".gpw":
        raise InputError(f"{path}: GPAW files are read by heterodot.calculators.read_density")
    raise InputError(f"{path}: expected a cube, CHGCAR, AECCAR or npz file by its name")


def _read_cube(path: Path, pbc: _Pbc) -> GridDensity:
    """Cube: two comments, atoms and origin, three counts with voxel vectors, atoms, values.

    Positive counts mean bohr, negative ones Å (Gaussian's convention); values are e/bohr³ either
    way. P. Bourke, "Gaussian cube files" (2003).
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        file.readline()
        file.readline()
        head = file.readline().split()
        n_atoms = int(head[0])
        if n_atoms < 0 or (len(head) > 4 and int(head[4]) != 1):
            raise InputError("a cube of orbitals or of several values; expected one density")
        rows = np.array([file.readline().split() for _ in range(3)], float)
        lines = np.array([file.readline().split() for _ in range(n_atoms)], float)
        values = _numbers(file)
    shape = tuple(int(n) for n in np.abs(rows[:, 0]))
    if values.size != np.prod(shape):
        raise InputError(f"{values.size} values, expected {shape[0]}×{shape[1]}×{shape[2]}")
    unit = Bohr if (rows[:, 0] > 0).all() else 1.0
    lines = lines.reshape(n_atoms, 5)
    numbers = lines[:, 0].astype(int)
    density = GridDensity(
        values.reshape(shape) / Bohr**3,
        rows[:, 1:] * np.abs(rows[:, :1]) * unit,
        numbers,
        lines[:, 2:] * unit,
        pbc,
        np.array(head[1:4], float) * unit,
    )
    held = density.integral
    charges = guess_nuclear_charges(numbers, held)
    if charges is None and n_atoms and abs(lines[:, 1].sum() - held) < 0.5:
        charges = lines[:, 1]
    return GridDensity(**{**density.to_dict(), "nuclear_charges": charges})


def _numbers(file: TextIO) -> np.ndarray:
    text = file.read().replace("D", "E").replace("d", "e")
    return np.array(text.split(), float)


def _read_chgcar(path: Path, pbc: _Pbc) -> GridDensity:  # noqa: ARG001 - VASP is periodic
    from pymatgen.io.vasp import VolumetricData

    poscar, data, _ = VolumetricData.parse_file(str(path))
    structure = poscar.structure
    numbers = np.array([site.specie.Z for site in structure], int)
    values = np.asarray(data["total"], float) / structure.volume
    density = GridDensity(values, structure.lattice.matrix, numbers, structure.cart_coords)
    charges = guess_nuclear_charges(numbers, density.integral)
    return GridDensity(**{**density.to_dict(), "nuclear_charges": charges})


def _read_npz(path: Path, pbc: _Pbc) -> GridDensity:  # noqa: ARG001 - it tells itself
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
