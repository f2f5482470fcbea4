"""Arrays beside a record, read as if a stranger had written them: plain numbers of bounded size.

A record may come with a store that someone else made. Its archive is a zip file of ``.npy`` files;
each says in its header what it holds. Nothing is unpickled, and memory is taken only after header
and size agree, so that neither a header that promises terabytes nor a small file that unpacks to
them is believed.
"""

from __future__ import annotations

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
        If it is no JSON, no mapping, too large, or nested too deeply to be read.
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
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{path}: {type(error).__name__}: {error}") from error
    if not isinstance(found, dict):
        raise DamagedError(f"{path}: holds no mapping")
    return found


def read_arrays(path: Path) -> Mapping[str, np.ndarray]:
    """Return the arrays of an ``.npz`` by name.

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
            return {m.filename.removesuffix(".npy"): _array(archive, m) for m in members}
    except OSError:
        raise
    except _NOT_AN_ARCHIVE as error:
        raise DamagedError(f"{path}: {type(error).__name__}: {error}") from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
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
    with archive.open(member) as file:
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    return array
