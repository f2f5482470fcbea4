"""A trajectory: the same atoms at many times, read where it is touched.

One object for all that analyse: made by a dynamics, mapped from its file (``.htrj``), read from an
extended XYZ or ASE's ``.traj``, or held in memory. Positions run on beyond the cell's faces
(unwrapped), as displacements need them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.units import fs

from heterodot.analysis.motion.trajectories.container import (
    SUFFIX,
    Column,
    ContainerWriter,
    open_container,
)
from heterodot.errors import InputError
from heterodot.writing import written_aside

_PLAIN = ("numbers", "positions", "momenta", "masses")
_EXPORTED = (".xyz", ".extxyz", ".traj")
SCALARS = ("energy", "kinetic", "temperature", "conserved")
"""Columns of one number a frame: potential and kinetic energy (eV), temperature (K), what the
equations of motion keep (eV)."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Frames of one set of atoms at equal intervals of time.

    Attributes
    ----------
    atoms : Atoms
        What is the same in all: elements, arrays (``domain`` and so on), boundaries; positions and
        cell are of the first frame.
    interval : float
        fs from frame to frame.
    columns : mapping of str to (f, …) array
        ``positions`` ((f, a, 3), Å, unwrapped, single precision in a file), and what was kept of:
        ``velocities`` ((f, a, 3), Å/fs), ``forces`` ((f, a, 3), eV/Å), ``cell`` ((f, 3, 3), Å; left
        out where it never changes), ``energy``, ``kinetic`` and ``conserved`` (eV), ``temperature``
        (K).
    path : Path or None
        The file it is mapped from; the arrays are read where they are touched.
    origin : mapping
        What the file says of how it was made: ensemble, timestep and so on.
    """

    atoms: Atoms
    interval: float
    columns: Mapping[str, np.ndarray] = field(repr=False)
    path: Path | None = None
    origin: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        positions = self.columns.get("positions")
        if positions is None or positions.shape[1:] != (len(self.atoms), 3):
            given = "none" if positions is None else str(positions.shape)
            raise InputError(f"positions {given}: expected (frames, {len(self.atoms)}, 3)")
        if not (np.isfinite(self.interval) and self.interval > 0):
            raise InputError(f"interval {self.interval}: expected a positive time, fs")
        wrong = [name for name, c in self.columns.items() if len(c) != len(positions)]
        if wrong:
            raise InputError(f"{', '.join(wrong)}: expected {len(positions)} frames, as positions")

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.columns["positions"])

    def __getitem__(self, index: int) -> Atoms:
        """Return one frame as a structure, with the velocities kept."""
        return self.frame(index)

    def __iter__(self) -> Iterator[Atoms]:
        return (self.frame(index) for index in range(len(self)))

    @property
    def times(self) -> np.ndarray:
        """(f,) fs since the first frame."""
        return self.interval * np.arange(len(self))

    @property
    def positions(self) -> np.ndarray:
        """(f, a, 3) Å, unwrapped."""
        return self.columns["positions"]

    @property
    def masses(self) -> np.ndarray:
        """(a,) u."""
        masses: np.ndarray = self.atoms.get_masses()
        return masses

    @property
    def velocities(self) -> np.ndarray:
        """(f, a, 3) Å/fs.

        Raises
        ------
        InputError
            None were kept.
        """
        return self.column("velocities")

    def column(self, name: str) -> np.ndarray:
        """Return one of :attr:`columns`.

        Raises
        ------
        InputError
            It was not kept; names what was.
        """
        if name not in self.columns:
            raise InputError(
                f"a trajectory without {name}: it keeps {', '.join(self.columns)}; run the "
                f"dynamics again with keep: [{name}]"
            )
        return self.columns[name]

    def cell(self, index: int) -> np.ndarray:
        """Return the (3, 3) cell of a frame, Å."""
        cells = self.columns.get("cell")
        found = self.atoms.cell.array if cells is None else cells[index]
        return np.asarray(found, float)

    def frame(self, index: int) -> Atoms:
        """Return one frame as a structure, with the velocities that were kept.

        Raises
        ------
        InputError
            There is no such frame.
        """
        n = len(self)
        if not -n <= index < n:
            raise InputError(f"frame {index}: expected {-n} to {n - 1}")
        atoms: Atoms = self.atoms.copy()
        atoms.set_cell(self.cell(index))
        atoms.set_positions(np.asarray(self.positions[index], float), apply_constraint=False)
        if "velocities" in self.columns:
            momenta = self.masses[:, None] * np.asarray(self.velocities[index], float) / fs
            atoms.set_momenta(momenta, apply_constraint=False)
        return atoms

    def part(self, start: int = 0, stop: int | None = None, every: int = 1) -> Trajectory:
        """Return some of the frames, without reading them.

        Parameters
        ----------
        start, stop : int
            As of a slice.
        every : int
        """
        if every < 1:
            raise InputError(f"every {every}: expected 1 or more")
        chosen = slice(start, stop, every)
        columns = {name: column[chosen] for name, column in self.columns.items()}
        atoms = self.atoms
        if len(columns["positions"]):
            atoms = self.frame(range(len(self))[chosen][0])
            atoms.set_array("momenta", None)
        return Trajectory(atoms, self.interval * every, columns, self.path, self.origin)

    def chosen(self, elements: str | None = None, domain: str | None = None) -> np.ndarray:
        """Return the indices of the atoms of an element, a ``domain``, or both.

        Raises
        ------
        InputError
            There are none.
        """
        inside = np.ones(len(self.atoms), bool)
        if elements is not None:
            inside &= np.array([s == elements for s in self.atoms.symbols])
        if domain is not None:
            names = self.atoms.arrays.get("domain", np.full(len(self.atoms), ""))
            inside &= names == domain
        if not inside.any():
            what = " ".join(filter(None, (elements, domain)))
            raise InputError(f"{what}: no such atoms in {self.atoms.get_chemical_formula()}")
        return np.flatnonzero(inside)

    def write(self, path: str | Path, every: int = 1) -> Path:
        """Write the frames as extended XYZ (``.xyz``, ``.extxyz``) or ASE's ``.traj``, one by one.

        Parameters
        ----------
        path : path-like
        every : int

        Raises
        ------
        InputError
            For another ending.
        """
        from ase.io import write
        from ase.io.trajectory import TrajectoryWriter

        target = Path(path)
        check_export(target)
        shown = self.part(every=every)
        with written_aside(target) as (aside,):
            if target.suffix == ".traj":
                with TrajectoryWriter(str(aside), "w") as file:
                    for index in range(len(shown)):
                        file.write(shown.as_ase(index))
            else:
                with aside.open("w") as text:
                    for index in range(len(shown)):
                        write(text, shown.as_ase(index), format="extxyz")
        return target

    def as_ase(self, index: int) -> Atoms:
        """Return a frame with its energy and forces as ASE's readers find them."""
        from ase.calculators.singlepoint import SinglePointCalculator

        atoms = self.frame(index)
        atoms.info["time_fs"] = float(self.times[index])
        known: dict[str, Any] = {}
        if "energy" in self.columns:
            known["energy"] = float(self.columns["energy"][index])
        if "forces" in self.columns:
            known["forces"] = np.asarray(self.columns["forces"][index], float)
        if known:
            atoms.calc = SinglePointCalculator(atoms, **known)
        return atoms

    @classmethod
    def from_frames(cls, frames: Sequence[Atoms], interval: float) -> Trajectory:
        """Return the trajectory of structures in memory, jumps across the cell's faces undone.

        Parameters
        ----------
        frames : sequence of Atoms
            The same atoms in the same order.
        interval : float
            fs from one to the next.

        Raises
        ------
        InputError
            None are given, or their atoms differ.
        """
        if not frames:
            raise InputError("no frames: expected one structure or more")
        first = frames[0]
        for n, other in enumerate(frames):
            if not np.array_equal(other.numbers, first.numbers):
                raise InputError(f"frame {n}: other atoms than those of frame 0")
        cells = np.array([f.cell.array for f in frames])
        columns = {"positions": _unwrapped([f.positions for f in frames], cells, first.pbc)}
        if all("momenta" in f.arrays for f in frames):
            columns["velocities"] = np.array([f.get_velocities() * fs for f in frames])
        if not np.allclose(cells, cells[0], atol=1e-9):
            columns["cell"] = cells
        results = [getattr(f.calc, "results", {}) for f in frames]
        for name in ("energy", "forces"):
            if all(name in r for r in results):
                columns[name] = np.array([r[name] for r in results], float)
        bare = first.copy()
        bare.set_array("momenta", None)
        return cls(bare, float(interval), columns)


def _unwrapped(positions: Sequence[np.ndarray], cells: np.ndarray, pbc: np.ndarray) -> np.ndarray:
    """(f, a, 3) positions, each at most half a cell from where it was the frame before."""
    found = np.array(positions, float)
    if not pbc.any() or len(found) < 2:
        return found
    steps = np.diff(found, axis=0)
    fractional = np.einsum("fai,fij->faj", steps, np.linalg.pinv(cells[1:]))
    turns = np.where(pbc, np.round(fractional), 0.0).cumsum(axis=0)
    found[1:] -= np.einsum("faj,fji->fai", turns, cells[1:])
    return found


def trajectory_writer(
    path: Path,
    atoms: Atoms,
    interval: float,
    n_frames: int,
    keep: Sequence[str] = ("positions",),
    origin: Mapping[str, Any] | None = None,
) -> ContainerWriter:
    """Make the file of a trajectory, or open the one that was begun.

    Parameters
    ----------
    path : Path
    atoms : Atoms
    interval : float
        fs.
    n_frames : int
        At most.
    keep : sequence of str
        Of ``positions``, ``velocities``, ``forces`` (single precision), ``cell``; the numbers of
        :data:`SCALARS` (double precision) are always kept.
    origin : mapping, optional
        Plain values the header is to hold.
    """
    shapes = {"cell": ((3, 3), "<f8")}
    vectors = ((len(atoms), 3), "<f4")
    columns = [Column(name) for name in SCALARS]
    columns += [Column(name, *shapes.get(name, vectors)) for name in dict.fromkeys(keep)]
    content = {"atoms": _atoms_to_dict(atoms), "interval": interval, "origin": dict(origin or {})}
    return ContainerWriter(path, tuple(columns), n_frames, content)


def open_trajectory(path: str | Path) -> Trajectory:
    """Map the file of a dynamics (``.htrj``) into memory: frames are read where they are touched.

    Raises
    ------
    InputError
        It is none, or is damaged.
    """
    path = Path(path)
    header, _, columns = open_container(path)
    try:
        atoms = _atoms_from_dict(header["atoms"])
        interval, origin = float(header["interval"]), dict(header["origin"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: damaged header ({type(error).__name__}: {error})") from error
    return Trajectory(atoms, interval, columns, path, origin)


def check_export(path: Path) -> None:
    """Refuse a file name whose ending says no format that :meth:`Trajectory.write` knows.

    Raises
    ------
    InputError
    """
    if path.suffix not in _EXPORTED:
        raise InputError(f"{path}: expected a name that ends in {', '.join(_EXPORTED)}")


def read_trajectory(path: str | Path, interval: float | None = None) -> Trajectory:
    """Read a trajectory: of heterodot (mapped), or any format ASE knows (into memory).

    Parameters
    ----------
    path : path-like
    interval : float, optional
        fs from frame to frame, for a file that does not say; one with ``time_fs`` does.

    Raises
    ------
    InputError
        It cannot be read, or nothing says how far its frames are apart.
    """
    from ase.io import read

    source = Path(path)
    if not source.is_file():
        raise InputError(f"{source}: no such file: expected a trajectory")
    if source.suffix == SUFFIX:
        return open_trajectory(source)
    try:
        frames = read(source, index=":")
    except Exception as error:  # readers of ASE raise anything
        raise InputError(f"{source}: cannot be read ({type(error).__name__}: {error})") from error
    frames = frames if isinstance(frames, list) else [frames]
    times = [f.info.get("time_fs") for f in frames[:2]]
    if interval is None and len(times) == 2 and None not in times:
        interval = float(times[1]) - float(times[0])
    if interval is None:
        raise InputError(f"{source}: does not say its times: give interval (fs)")
    return Trajectory.from_frames(frames, interval)


def _atoms_to_dict(atoms: Atoms) -> dict[str, Any]:
    masses = {"masses": atoms.get_masses().tolist()}
    return {
        "numbers": atoms.numbers.tolist(),
        "positions": atoms.positions.tolist(),
        "cell": atoms.cell.array.tolist(),
        "pbc": atoms.pbc.tolist(),
        "arrays": {k: v.tolist() for k, v in atoms.arrays.items() if k not in _PLAIN} | masses,
        "info": {k: v for k, v in atoms.info.items() if isinstance(v, str | int | float | bool)},
    }


def _atoms_from_dict(data: Mapping[str, Any]) -> Atoms:
    atoms = Atoms(
        numbers=data["numbers"],
        positions=np.reshape(data["positions"], (-1, 3)),
        cell=data["cell"],
        pbc=data["pbc"],
    )
    for name, values in data["arrays"].items():
        atoms.set_array(name, np.asarray(values))
    atoms.info.update(data["info"])
    return atoms
