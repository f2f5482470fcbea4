"""The file a trajectory is kept in: one column after another, each whole, plain numbers.

Layout of a ``.htrj`` file, little-endian::

    bytes 0-7      HDTRAJ1 and a line feed
    bytes 8-15     frames written so far
    bytes 16-23    bytes of the header
    from 24        the header: JSON; then zeros up to a multiple of 4096
    …              each column, as (frames at most, …) numbers, from its own offset

The number of frames at most is known when the file is made, so that a column is contiguous: it is
mapped into memory as an array and read where it is touched. What is not written yet takes no room
on disk. The frames written are counted after they are on disk: a kill leaves the count of before.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heterodot.errors import InputError

SUFFIX = ".htrj"
"""Ending of the files."""

_MAGIC = b"HDTRAJ1\n"
_PAGE = 4096
_MAX_HEADER = 256_000_000
_TYPES = ("<f4", "<f8")


@dataclass(frozen=True)
class Column:
    """One quantity of every frame.

    Attributes
    ----------
    name : str
    shape : tuple of int
        Of one frame; ``()`` for a number.
    kind : {"<f4", "<f8"}
        How its numbers are written.
    """

    name: str
    shape: tuple[int, ...] = ()
    kind: str = "<f8"

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return math.prod(self.shape) * np.dtype(self.kind).itemsize


class ContainerWriter:
    """Write frames into a container, from any frame on.

    Parameters
    ----------
    path : Path
        Made if it is not there; else it must have been made for the same content.
    columns : sequence of Column
    n_frames : int
        Frames at most.
    content : mapping
        What else the header says, plain JSON values.

    Raises
    ------
    InputError
        The file there is of another content.
    """

    def __init__(
        self, path: Path, columns: tuple[Column, ...], n_frames: int, content: Mapping[str, Any]
    ) -> None:
        self.path, self.columns, self.n_frames = path, columns, n_frames
        listed = [[c.name, list(c.shape), c.kind] for c in columns]
        header = {**content, "columns": listed, "frames": n_frames}
        text = json.dumps(header, sort_keys=True, allow_nan=False).encode()
        self._offsets, size = _offsets(columns, n_frames, 24 + len(text))
        if not path.exists():
            _make(path, text, size)
        self._descriptor = os.open(path, os.O_RDWR)
        raw = os.pread(self._descriptor, 24 + len(text), 0)
        if raw[:8] != _MAGIC or raw[24:] != text:
            os.close(self._descriptor)
            raise InputError(f"{path}: is another trajectory: expected none, or one begun the same")

    def write(self, first: int, frames: Mapping[str, np.ndarray]) -> None:
        """Write frames from the ``first`` on, bring them to disk, count them.

        Parameters
        ----------
        first : int
            Frames after it that were written before no longer count.
        frames : mapping of str to (f, …) array
            Of every column.
        """
        n = len(frames[self.columns[0].name])
        if first + n > self.n_frames:
            raise InputError(f"frame {first + n}: expected {self.n_frames} at most")
        for column in self.columns:
            values = np.ascontiguousarray(frames[column.name], column.kind)
            expected = (n, *column.shape)
            if values.shape != expected:
                raise InputError(f"{column.name} {values.shape}: expected {expected}")
            place = self._offsets[column.name] + first * column.frame_bytes
            _write_at(self._descriptor, values.tobytes(), place)
        os.fsync(self._descriptor)
        self.count(first + n)

    def count(self, n: int) -> None:
        """Say how many frames there are, on disk."""
        os.pwrite(self._descriptor, struct.pack("<Q", n), 8)
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def _make(path: Path, header: bytes, size: int) -> None:
    """Make a container without frames, there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.new")
    with aside.open("wb") as file:
        file.write(_MAGIC + struct.pack("<QQ", 0, len(header)) + header)
        file.truncate(size)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _write_at(descriptor: int, content: bytes, place: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, place)
        view, place = view[written:], place + written


def _offsets(columns: tuple[Column, ...], n_frames: int, start: int) -> tuple[dict[str, int], int]:
    """Return where each column begins, and the size of the whole, in bytes."""
    found = {}
    place = start
    for column in columns:
        place = -(-place // _PAGE) * _PAGE
        found[column.name] = place
        place += n_frames * column.frame_bytes
    return found, place


def open_container(path: Path) -> tuple[dict[str, Any], int, dict[str, np.ndarray]]:
    """Map a container into memory: nothing but its header is read.

    Returns
    -------
    header : dict
    n_frames : int
        Frames that are there.
    columns : dict of str to (n_frames, …) array
        Read-only, read where they are touched.

    Raises
    ------
    InputError
        It is no container, or is cut off.
    """
    try:
        with path.open("rb") as file:
            start = file.read(24)
            if len(start) < 24 or start[:8] != _MAGIC:
                raise InputError(f"{path}: no trajectory of heterodot ({SUFFIX})")
            n_frames, length = struct.unpack("<QQ", start[8:])
            header: dict[str, Any] = json.loads(file.read(min(length, _MAX_HEADER)))
        columns, most = _columns(header), int(header["frames"])
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: damaged header ({type(error).__name__}: {error})") from error
    offsets, size = _offsets(columns, most, 24 + length)
    if n_frames > most or path.stat().st_size < size:
        raise InputError(f"{path}: cut off: {path.stat().st_size} bytes, expected {size}")
    return header, n_frames, {c.name: _mapped(path, c, offsets[c.name], n_frames) for c in columns}


def _mapped(path: Path, column: Column, offset: int, n_frames: int) -> np.ndarray:
    shape = (n_frames, *column.shape)
    if not math.prod(shape):
        return np.zeros(shape, column.kind)
    return np.memmap(path, column.kind, "r", offset, shape)


def _columns(header: Any) -> tuple[Column, ...]:
    found = tuple(
        Column(str(name), tuple(int(n) for n in shape), str(kind))
        for name, shape, kind in header["columns"]
    )
    if not found or not int(header["frames"]) >= 0:
        raise ValueError("no columns, or no frames")
    for column in found:
        if column.kind not in _TYPES or any(n < 0 for n in column.shape):
            raise ValueError(f"column {column.name}: {column.kind} {column.shape}")
    return found
