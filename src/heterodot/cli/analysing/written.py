"""What ``heterodot analyse`` writes: tables and figures, only once everything is calculated."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIGNIFICANT = 8


class Written:
    """Tables, figures and lines of one command, kept until all are there.

    Parameters
    ----------
    files : sequence of Path
        What was given to analyse.
    folder : Path or None
        Where to write; beside each file (figures of several: beside the first) unless given.
    """

    def __init__(self, files: Sequence[Path], folder: Path | None) -> None:
        if folder is not None and folder.exists() and not folder.is_dir():
            raise InputError(f"--output {folder}: is a file; expected a folder")
        if len({file.resolve() for file in files}) < len(files):
            raise InputError("a file is given twice; expected each once")
        self._files = list(files)
        self._folder = folder
        self._pending: list[tuple[Path, str | Callable[[], Figure]]] = []
        self._lines: list[str] = []

    def name(self, file: Path) -> str:
        """Return a short name of a file, which no other of those given has."""
        bare = _bare(file)
        counts = Counter(_bare(other) for other in self._files)
        return bare if counts[bare] == 1 else "-".join((*_parents(file, self._files), bare))

    def say(self, text: str) -> None:
        """Keep a line for the terminal."""
        self._lines.append(text)

    def table(self, file: Path, what: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep a table of one file: ``NAME.what.csv``."""
        rows = list(rows)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
        self._pending.append((self._place(file, f"{what}.csv"), text.getvalue()))

    def figure(self, what: str, draw: Callable[[], Figure]) -> None:
        """Keep a figure of all files: ``NAME.what`` of one file, ``what`` of several."""
        if len(self._files) == 1:
            stem = self._place(self._files[0], what)
        else:
            stem = (self._folder or _folder_of(self._files[0])) / what
        self._pending.append((stem, draw))

    def finish(self) -> None:
        """Print, then write all that was kept."""
        from heterodot.analysis.figures.style import save_figure
        from heterodot.cli.common.writing import write_text

        for line in self._lines:
            typer.echo(line)
        drawn = [
            (path, content if isinstance(content, str) else content())
            for path, content in self._pending
        ]
        if self._folder is not None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"--output {self._folder}: {error.strerror}") from error
        for path, content in drawn:
            if isinstance(content, str):
                write_text(path, content)
                typer.echo(f"wrote {path}")
            else:
                # the ending keeps save_figure from taking ".pdos" for one
                png, svg = save_figure(content, path.with_name(f"{path.name}.png"))
                typer.echo(f"wrote {png}, {svg}")

    def _place(self, file: Path, ending: str) -> Path:
        folder = _folder_of(file) if self._folder is None else self._folder
        return folder / f"{self.name(file)}.{ending}"


def _folder_of(file: Path) -> Path:
    """Return the folder beside what belongs to a calculation: above PREFIX.save."""
    folder = file if file.is_dir() else file.parent
    return folder.parent if folder.resolve().suffix == ".save" else folder


def _bare(file: Path) -> str:
    """Return the name of a calculation by its file: without the endings of formats and packers.

    ``PREFIX`` for ``PREFIX.save/data-file-schema.xml``, the project for CP2K's .pdos files.
    """
    saved = file.resolve() if file.is_dir() else file.resolve().parent
    if saved.suffix == ".save":
        return saved.stem
    name = saved.name if file.is_dir() else file.name
    for ending in (".gz", ".bz2", ".xz"):
        name = name.removesuffix(ending)
    if name.endswith(".pdos"):
        return re.sub(r"-(?:(?:ALPHA|BETA)_)?k\d+-[^-]*\.pdos$", "", name)
    stem = Path(name).stem
    return stem if stem and not name.startswith(".") else name


def _parents(file: Path, files: Sequence[Path]) -> tuple[str, ...]:
    """Return as many folders above a file as tell it from its namesakes, the nearest last."""
    paths = [other.resolve().parts[:-1] for other in files if _bare(other) == _bare(file)]
    own = file.resolve().parts[:-1]
    for depth in range(1, len(own) + 1):
        if sum(parts[-depth:] == own[-depth:] for parts in paths) == 1:
            return own[-depth:]
    return own


def _cell(value: Any) -> Any:
    return f"{value:.{_SIGNIFICANT}g}" if isinstance(value, float) else value
