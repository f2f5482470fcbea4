"""Arrays beside a record, read as if a stranger had written them: plain numbers of bounded size.

A record may come with a store that someone else made. Its archive is a zip file of ``.npy`` files;
each says in its header what it holds. Nothing is unpickled, and memory is taken only after header
and size agree, so that neither a header that promises terabytes nor a small file that unpacks to
them is believed.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from heterodot.errors import StoreError

MAX_JSON = 512_000_000
"""Bytes of a record's JSON at most; arrays of more than a few numbers are not in it."""

MAX_ARRAYS = 8_000_000_000
"""Bytes of a record's arrays at most, unpacked."""


_NOT_AN_ARCHIVE = (
    ValueError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,  # a compression or an encryption this Python does not have
    RuntimeError,
)


class DamagedError(ValueError):
    """A file of the store that is torn, or was never ours."""


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the mapping in a JSON file.

    Raises
    ------
    DamagedError
        If it is no JSON (NaN and Infinity are none), no mapping, too large, or nested too deeply.
    OSError
        If it cannot be read.
    """
    if not os.path.isfile(path):  # noqa: PTH113 - a pipe of that name would keep us waiting
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
    with open(path, "rb") as file:  # noqa: PTH123 - this runs once a record
        raw = file.read(MAX_JSON + 1)
    if len(raw) > MAX_JSON:
        raise DamagedError(f"{path}: larger than {MAX_JSON} bytes")
    try:
        found = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{path}: {type(error).__name__}: {error}") from error
    if not isinstance(found, dict):
        raise DamagedError(f"{path}: holds no mapping")
    return found


def _refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity: Python writes and reads them, JSON has none, nor do we write any."""
    raise ValueError(f"holds {name}")


class StoredArray:
    """An array of an archive, read when it is first used as one (``np.asarray``).

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    """

    __slots__ = ("_loaded", "_member", "_path", "dtype", "shape")

    def __init__(
        self, path: Path, member: str, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self._path, self._member = path, member
        self.shape, self.dtype = shape, dtype
        self._loaded: np.ndarray | None = None

    def load(self) -> np.ndarray:
        """Return the array; read from the archive the first time.

        Raises
        ------
        StoreError
            The archive is gone, or its content is damaged: it is set aside then, and its task is
            calculated again at the next run.
        """
        if self._loaded is None:
            self._loaded = self._read()
        return self._loaded

    def _read(self) -> np.ndarray:
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(self._member) as file:
                array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
        except OSError as error:
            raise StoreError(
                f"{self._path}: cannot be read ({error.strerror or error}); was the store moved? "
                "run again"
            ) from error
        except _NOT_AN_ARCHIVE as error:
            with contextlib.suppress(OSError):
                self._path.replace(self._path.with_suffix(".torn"))
            raise StoreError(
                f"{self._path}: damaged ({error}); it was set aside: run again, and its task is "
                "calculated again"
            ) from error
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.load(), dtype, copy=copy)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array of no dimensions has no length")
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        return self.load()[index]

    def tolist(self) -> list[Any]:
        """Return it as nested lists."""
        listed: list[Any] = self.load().tolist()
        return listed


def open_arrays(path: Path) -> Mapping[str, StoredArray]:
    """Return the arrays of an ``.npz`` by name, none of them read yet: only what they say they are.

    Raises
    ------
    DamagedError
        If it is torn, holds anything but plain arrays, or unpacks to more than :data:`MAX_ARRAYS`.
    OSError
        If it cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if total > MAX_ARRAYS:
                raise DamagedError(f"{path}: unpacks to {total} bytes, more than {MAX_ARRAYS}")
            return {
                m.filename.removesuffix(".npy"): StoredArray(path, m.filename, *_header(archive, m))
                for m in members
            }
    except OSError:
        raise
    except _NOT_AN_ARCHIVE as error:
        raise DamagedError(f"{path}: {type(error).__name__}: {error}") from error


def _header(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read shape and type, and check that the member holds as much as they promise."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        elif version == (2, 0):
            shape, _, dtype = np.lib.format.read_array_header_2_0(file)
        else:
            raise DamagedError(f"array format {version}: expected 1.0 or 2.0")
        promised = math.prod(shape) * dtype.itemsize
        held = member.file_size - file.tell()
    if dtype.hasobject or promised != held:
        raise DamagedError(f"{member.filename}: {dtype} {shape} in {held} bytes")
    return shape, dtype
