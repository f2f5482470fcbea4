"""The result store: one JSON record per finished task, its larger arrays beside it.

Layout of the folder::

    results/a/abcd….json     the record of a finished task, under its key
    results/a/abcd….N.npz    its arrays, N being their own short hash
    results/a/abcd….T.htrj   a file that stays as it is (a trajectory), T what the result calls it
    work/abcd…/               partial work of a task that is not finished, and its log
    failures/abcd….json       why a task failed last (never taken for a result)
    lock                      byte ranges of it are locked by running tasks
    index.jsonl               kind and time of every finished task; may be deleted

A record is written under a temporary name, synced to disk and renamed, its arrays first: it is
there whole or not at all. A record that cannot be read, holds NaN or is another key's is set aside
(renamed to ``….torn``) and counts as missing. Cheap records may be synced many at a time
(:meth:`Store.sync`): a kill cannot cost them, a power cut before that can.

A store may come from someone else: nothing in it is executed or unpickled, no name in a record
leads anywhere but to its own archive, and a symbolic link inside the folder is refused before
anything is written by way of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from heterodot.errors import StoreError
from heterodot.paths import refuse_link, user_path
from heterodot.workflows.store import index
from heterodot.workflows.store.archives import DamagedError, open_arrays, read_json
from heterodot.workflows.store.files import find_files, move_files
from heterodot.workflows.store.locks import lock_range, unlock_range
from heterodot.workflows.store.processes import started
from heterodot.writing import HOST, write_atomically

SCHEMA = 1
LARGE_ARRAY = 60
"""Arrays with more elements go to the ``.npz`` beside the record."""

_TEMPORARY = re.compile(
    r"(?P<key>[0-9a-f]{64})\..+\.(?P<host>[A-Za-z0-9-]+)\.(?P<pid>[0-9]+)\.[0-9]+\.tmp"
)
_KEY = re.compile("[0-9a-f]{64}")
_ARCHIVE = re.compile(r"[0-9a-f]{64}\.[0-9a-f]{12}\.npz")
_REQUIRED = frozenset({"result", "content"})
_PLAIN = frozenset({str, int, float, bool})
_ARRAY_MARK = "__array__"


class Store:
    """Results of finished tasks in a folder, safe for several processes at once.

    Parameters
    ----------
    path : path-like
        Made if it is not there; ``~`` is the home folder.

    Attributes
    ----------
    path : Path
    refused : dict of str to str
        Why records were set aside in this process, by their key.

    Raises
    ------
    InputError
        If it is no path.
    StoreError
        If the folder cannot be made, or was written by a newer heterodot.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._lock_file: tuple[int, int] | None = None  # process, descriptor
        self.path = user_path(path).absolute()
        self.refused: dict[str, str] = {}
        self._folders: set[str] = set()  # known to be there
        marker = self.path / "store.json"
        try:
            for folder in ("results", "work", "failures"):
                (self.path / folder).mkdir(parents=True, exist_ok=True)
                refuse_link(self.path / folder)
            if not marker.exists():
                write_atomically(marker, json.dumps({"schema": SCHEMA}).encode())
            schema = read_json(marker)["schema"]
            if not isinstance(schema, int):
                raise ValueError(f"schema {schema!r} in {marker.name}")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{self.path}: cannot be used as a result store ({error})") from error
        if schema > SCHEMA:
            raise StoreError(
                f"{self.path}: store schema {schema}, this heterodot reads up to {SCHEMA}; "
                "upgrade heterodot"
            )

    def __reduce__(self) -> tuple[Callable[[str], Store], tuple[str]]:
        return (_opened, (str(self.path),))

    def __contains__(self, key: str) -> bool:
        return os.path.exists(self._record_path(key))  # noqa: PTH110

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the record under ``key``, or None where the task is not finished.

        Its large arrays are :class:`~heterodot.workflows.store.archives.StoredArray`: read when
        used.
        """
        path = self._record_path(key)
        if not os.path.exists(path):  # noqa: PTH110
            return None
        try:
            record = read_json(path)
            named = record.get("key")
            if named != key:
                raise ValueError(f"it says to be the record of {str(named)[:64]!r}")
            arrays = record.pop("arrays", None)
            if arrays is not None:
                if _ARCHIVE.fullmatch(arrays) is None or not arrays.startswith(key):
                    raise ValueError(f"arrays {str(arrays)[:100]!r}, expected those of its own")
                record = _insert_arrays(record, open_arrays(Path(path).with_name(arrays)))
            missing = _REQUIRED - record.keys()
            if missing:
                raise ValueError(f"no {', '.join(sorted(missing))} in it")
            record = find_files(record, key, Path(path).parent)
        except (ValueError, KeyError, TypeError, FileNotFoundError) as error:
            # torn, foreign, another key's, or its arrays are gone
            self.refuse(key, str(error))
            return None
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
        return dict(record)

    def refuse(self, key: str, reason: str) -> None:
        """Set a record aside that cannot be believed: its task counts as not finished.

        Nothing is removed: it is renamed to ``….torn``, where it can be.
        """
        path = self._record_path(key)
        self.refused[key] = f"{path}: not believed: {reason}"
        with contextlib.suppress(OSError):
            Path(path).replace(f"{path.removesuffix('.json')}.torn")

    def put(
        self, key: str, record: Mapping[str, Any], content: str = "null", sync: bool = True
    ) -> None:
        """Store the record of a finished task, and clear its failure.

        Parameters
        ----------
        key : str
        record : mapping
            Nested plain values and numpy arrays.
        content : str
            What the key is the hash of, as JSON; kept under ``content``.
        sync : bool
            Whether it is on disk when this returns, or only when :meth:`sync` was called.

        Raises
        ------
        StoreError
            If it cannot be written (disk full, no permission); nothing partial is left.
        """
        path = self._record_path(key)
        arrays: dict[str, np.ndarray] = {}
        try:
            folder = os.path.dirname(path)  # noqa: PTH120 - ten times faster
            if folder not in self._folders:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(folder)  # noqa: PTH102 - never the store itself: it may have moved
                refuse_link(folder)
                self._folders.add(folder)
            kept = move_files(record, key, Path(folder))
            plain = _extract_arrays({**kept, "key": key}, arrays)
            if arrays:
                buffer = io.BytesIO()
                np.savez_compressed(buffer, allow_pickle=False, **arrays)
                archive = buffer.getvalue()
                name = f"{key}.{hashlib.sha256(archive).hexdigest()[:12]}.npz"
                write_atomically(Path(path).parent / name, archive)
                plain["arrays"] = name
            text = json.dumps(plain, allow_nan=False)[:-1] + f', "content": {content}}}'
            write_atomically(path, text.encode(), sync)
            index.note(self.path, key, record)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._failure_path(key))  # noqa: PTH108
        except OSError as error:
            self.check_place()
            raise StoreError(
                f"{self.path}: result cannot be written ({error.strerror}); "
                "free the disk and run again, nothing finished is lost"
            ) from error

    def sweep(self) -> None:
        """Take away what killed writers left of files they never finished, whatever machine's.

        A file is left alone while its writer lives, as far as this machine can see, or while
        anybody holds its task: of other machines only the lock can tell.
        """
        apart = Store(self.path)  # its lock is not that of this store's own threads
        for folder in (*(self.path / "results").iterdir(), self.path / "failures"):
            for name in os.listdir(folder) if folder.is_dir() else ():  # noqa: PTH208
                left = _TEMPORARY.fullmatch(name)
                if left is None or (left["host"] == HOST and started(int(left["pid"]))):
                    continue
                # a store that can only be read keeps them: they are in nobody's way
                with (
                    contextlib.suppress(OSError, StoreError),
                    apart.claim(left["key"], wait=False) as is_free,
                ):
                    if is_free:
                        (folder / name).unlink()

    def check_place(self) -> None:
        """Check that the store is still where it was opened.

        Raises
        ------
        StoreError
        """
        if not (self.path / "store.json").is_file():
            raise StoreError(
                f"{self.path}: the store is gone from here; was it moved? run again with its new "
                "place, nothing finished is lost"
            )

    def sync(self, keys: Iterable[str]) -> None:
        """Bring records that were put without it to disk, best effort."""
        paths = [self._record_path(key) for key in keys]
        folders = {os.path.dirname(path) for path in paths}  # noqa: PTH120
        for path in (*paths, *folders):
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def keys(self) -> Iterator[str]:
        """Iterate over the keys of all finished tasks, sorted."""
        yield from sorted(self.names())

    def names(self) -> Iterator[str]:
        """Iterate over the keys of all finished tasks, from the names of the files alone."""
        for folder in (self.path / "results").iterdir():
            for name in os.listdir(folder) if folder.is_dir() else ():  # noqa: PTH208
                key = name.removesuffix(".json")
                if key != name and _KEY.fullmatch(key):
                    yield key

    def peek(self, key: str) -> dict[str, Any] | None:
        """Return the record without its arrays, or None where there is none to be read."""
        try:
            return read_json(self._record_path(key))
        except (OSError, DamagedError):
            return None

    def records(self) -> Iterator[dict[str, Any]]:
        """Iterate over the records of all finished tasks."""
        for key in self.keys():
            record = self.get(key)
            if record is not None:
                yield record

    def fail(self, key: str, failure: Mapping[str, Any]) -> None:
        """Remember why a task failed; best effort, since the disk may be the reason."""
        with contextlib.suppress(OSError):
            write_atomically(self._failure_path(key), json.dumps(dict(failure)).encode())

    def failures(self) -> list[dict[str, Any]]:
        """Return what failed and has not succeeded since, in the order of keys.

        ``log`` is where the task's own log is, relative to the store, or None: not what the file
        says it is.
        """
        found = []
        for path in sorted((self.path / "failures").glob("*.json")):
            if not _KEY.fullmatch(path.stem):
                continue
            with contextlib.suppress(OSError, DamagedError):
                log = self.log_path(path.stem)
                where = str(log.relative_to(self.path)) if log.is_file() else None
                found.append({**read_json(path), "key": path.stem, "log": where})
        return found

    def failure(self, key: str) -> dict[str, Any] | None:
        """Return why a task failed last, or None where it did not."""
        try:
            return read_json(self._failure_path(key))
        except (OSError, DamagedError):
            return None

    def forget_failure(self, key: str, work: bool = False) -> None:
        """Forget that a task failed, so that the next run takes it up as new.

        Parameters
        ----------
        key : str
        work : bool
            Also remove its partial work and log: it starts from the beginning, not from where it
            got to.

        Raises
        ------
        StoreError
            If it cannot be removed.
        """
        if work:
            self.check_work(key)
            self.clear_work(key)
        try:
            Path(self._failure_path(key)).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{error.filename}: cannot be removed ({error.strerror})") from error

    def work_path(self, key: str) -> Path:
        """Return where a task's partial work goes, whether it is there or not."""
        return self.path.joinpath("work", _checked(key))

    def work_folder(self, key: str) -> Path:
        """Return (and make) the folder for a task's partial work."""
        folder = self.work_path(key)
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            self.check_place()
            raise StoreError(f"{folder}: cannot be made ({error.strerror})") from error
        return folder

    def check_work(self, key: str) -> None:
        """Refuse partial work that leads out of the store.

        Raises
        ------
        StoreError
            If a symbolic link is, or is in, the task's folder: what is written there would land
            elsewhere.
        """
        folder = self.work_path(key)
        if not os.path.lexists(folder):
            return
        refuse_link(folder)
        for inside in folder.rglob("*"):
            refuse_link(inside)
            if not (inside.is_file() or inside.is_dir()):
                raise StoreError(f"{inside}: neither a file nor a folder; take it away")

    def log_path(self, key: str) -> Path:
        """Return where a task's code writes what it says."""
        return self.work_path(key) / "log.txt"

    def clear_work(self, key: str) -> None:
        """Remove a finished task's partial work."""
        shutil.rmtree(self.work_path(key), ignore_errors=True)

    @contextlib.contextmanager
    def claim(self, key: str, wait: bool = True) -> Iterator[bool]:
        """Hold the task of ``key`` for this process; waits while another process holds it.

        The lock is a byte range of one file: the system lets go of it when the process dies,
        however it dies.

        Parameters
        ----------
        key : str
        wait : bool
            Otherwise the context's value says at once whether the task is held now: False where
            another process holds it.

        Raises
        ------
        StoreError
            The file system has no locks: two drivers could not share the store.
        """
        descriptor, offset = self._lock_descriptor(), int(_checked(key)[:15], 16)
        try:
            held = lock_range(descriptor, offset, wait)
        except OSError as error:
            raise StoreError(
                f"{self.path}/lock: cannot be locked ({error.strerror}): put the store on a file "
                "system with locks"
            ) from error
        try:
            yield held
        finally:
            if held:
                unlock_range(descriptor, offset)

    def is_held(self, key: str) -> bool:
        """Whether another process holds the task of ``key`` now."""
        with self.claim(key, wait=False) as ours:
            return not ours

    def check_locks(self) -> None:
        """Check, before anything is calculated, that the file system has locks.

        Raises
        ------
        StoreError
        """
        try:
            self._lock_descriptor()
        except StoreError:
            return  # cannot be written: what is finished may still be read
        self.is_held("0" * 64)

    def _lock_descriptor(self) -> int:
        """Return the lock file opened by this very process: a forked one must open its own."""
        if self._lock_file is None or self._lock_file[0] != os.getpid():
            try:
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
                opened = os.open(self.path / "lock", flags, 0o666)
            except OSError as error:
                raise StoreError(f"{self.path}/lock: {error.strerror}") from error
            self._lock_file = (os.getpid(), opened)
        return self._lock_file[1]

    def __del__(self) -> None:
        if self._lock_file is not None and self._lock_file[0] == os.getpid():
            os.close(self._lock_file[1])

    def _record_path(self, key: str) -> str:
        return f"{self.path}/results/{_checked(key)[:1]}/{key}.json"

    def _failure_path(self, key: str) -> str:
        return f"{self.path}/failures/{_checked(key)}.json"


def _checked(key: str) -> str:
    """Return the key if it is one: it becomes part of a path."""
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        raise StoreError(f"key {key!r}: expected 64 hexadecimal digits")
    return key


@lru_cache(maxsize=16)
def _opened(path: str) -> Store:
    """Return the store a worker was sent; opened once, not once a task."""
    return Store(path)


def _extract_arrays(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Copy a nested value, moving large numpy arrays into ``arrays`` and leaving marks."""
    if value is None or type(value) in _PLAIN:  # nearly all there is, and the cheapest question
        return value
    if isinstance(value, dict | Mapping):
        return {str(k): _extract_arrays(v, arrays) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_extract_arrays(v, arrays) for v in value]
    if isinstance(value, np.ndarray):
        if value.size <= LARGE_ARRAY:
            return value.tolist()
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {_ARRAY_MARK: name}
    if isinstance(value, np.generic):
        return value.item()
    return value


def _insert_arrays(value: Any, arrays: Mapping[str, Any]) -> Any:
    """Undo :func:`_extract_arrays`."""
    if isinstance(value, dict):
        if _ARRAY_MARK in value:
            return arrays[value[_ARRAY_MARK]]
        return {k: _insert_arrays(v, arrays) for k, v in value.items()}
    if isinstance(value, list):
        return [_insert_arrays(v, arrays) for v in value]
    return value
