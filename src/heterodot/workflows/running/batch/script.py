"""Batch scripts a person can read, from parts that are checked one by one.

Two kinds of text go into a script. What stands after ``#SBATCH`` is read by the scheduler, which
knows no shell quoting: each value must match a strict pattern. What stands in the body is read by
the shell: each word is quoted, and control characters (a newline among them) are refused.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from heterodot.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
TIME = re.compile(r"(?:[0-9]{1,3}-)?[0-9]{1,4}(?::[0-9]{2}){0,2}")
_COUNT = re.compile(r"[1-9][0-9]{0,6}")
MEMORY = re.compile(r"[1-9][0-9]{0,8}[KMGT]?")
_WORD = re.compile(r"[A-Za-z0-9_\[(][A-Za-z0-9_.,:=+@%*&|()\[\]/-]{0,199}")
_FLAG = re.compile(r"--[a-z][a-z0-9-]{0,39}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_MODULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/@=-]{0,199}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_PATTERNS = {
    "--job-name": (_NAME, "letters, digits, '.', '_' and '-', 64 at most"),
    "--time": (TIME, "a walltime such as 02:00:00 or 1-12:00:00"),
    "--nodes": (_COUNT, "a number"),
    "--ntasks": (_COUNT, "a number"),
    "--ntasks-per-node": (_COUNT, "a number"),
    "--cpus-per-task": (_COUNT, "a number"),
    "--mem": (MEMORY, "a memory such as 8G or 4000M"),
    "--mem-per-cpu": (MEMORY, "a memory such as 2G or 2000M"),
}
"""What the value of an option must look like; of any other, one word without a quote or a blank."""

_OURS = frozenset({"--wrap", "--parsable", "--test-only", "--error", "--chdir"})
"""Options a profile may not set: the study's own, or no options of a job."""


_PYTHON = """\
# -- the Python: that of the environment, where it has heterodot; else the one that submitted
python={python}
found="$(command -v python3 || true)"
if [ -n "$found" ] && [ "${{found%/*}}" != "${{python%/*}}" ]; then
    if [ "$found" = "$before" ]; then
        echo "heterodot: running $python; python3 is $found, as where it was submitted" >&2
    elif "$found" -P -c 'import heterodot.cli' 2>/dev/null; then
        echo "heterodot: running $found, of the environment, not $python, which submitted" >&2
        python="$found"
    else
        echo "heterodot: running $python: $found, of the environment, has no heterodot" >&2
    fi
fi"""


def job_name(text: str) -> str:
    """Return text as the name of a job: what no scheduler takes becomes ``-``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:48] or "study"


def option(flag: str, value: object = None) -> str:
    """Return a line of options for the scheduler.

    Raises
    ------
    InputError
        For an option that is none, or a value that might be taken for more than one.
    """
    if _FLAG.fullmatch(flag) is None or flag in _OURS:
        raise InputError(f"option {flag!r}: expected one of sbatch's long options, as --exclusive")
    if value is None or value == "":
        return f"#SBATCH {flag}"
    pattern, expected = _PATTERNS.get(flag, (_WORD, "one word without blanks and quotes"))
    text = str(value)
    if pattern.fullmatch(text) is None:
        raise InputError(f"{flag}: given {text!r}, expected {expected}")
    return f"#SBATCH {flag}={text}"


def quoted(word: str, what: str = "a word of the command") -> str:
    """Return a word the shell takes as it is.

    Raises
    ------
    InputError
        For control characters and halves of characters.
    """
    found = _CONTROL.search(word)
    if found is not None:
        raise InputError(f"{what}: given the character {found[0]!a} in {word!a}, expected text")
    return shlex.quote(word)


def command_line(words: Iterable[str], width: int = 88) -> str:
    """Return a command, every word quoted; a long one with its options on lines of their own."""
    texts = [quoted(word) for word in words]
    whole = " ".join(texts)
    if len(whole) <= width:
        return whole
    lines = [""]
    for text in texts:
        if text.startswith("--"):
            lines.append("   ")
        lines[-1] += f" {text}" if lines[-1] else text
    return " \\\n".join(lines)


@dataclass(frozen=True)
class BatchScript:
    """A batch script in parts.

    Attributes
    ----------
    title : str
        One line for people.
    notes : tuple of str
        More of them.
    options : sequence of (flag, value)
        For the scheduler; a value of None for an option without one.
    modules : sequence of str
        For ``module load``.
    environment : mapping of str to str
    folder : str
        Where the command runs.
    command : sequence of str
    setup : sequence of str
        Shell lines of the user's own configuration, taken as they are.
    finds_python : bool
        The first word of the command is an interpreter; that of the environment the script sets up
        takes its place where it has heterodot. Where the two differ the script says which one runs.
    """

    title: str
    options: Sequence[tuple[str, object]]
    folder: str
    command: Sequence[str]
    notes: tuple[str, ...] = ()
    modules: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    setup: Sequence[str] = ()
    finds_python: bool = False

    def render(self) -> str:
        """Return the text of the script.

        Raises
        ------
        InputError
            For a part that could be taken for something else.
        """
        study = f"# -- the study\ncd {quoted(self.folder, 'folder')}"
        blocks = [self.head(), study, f"exec {command_line(self.command)}"]
        if self.finds_python:
            python, *words = self.command
            choice = _PYTHON.format(python=quoted(python))
            command = command_line(words).removeprefix(" \\\n")
            blocks = [self.head(), choice, study, f'exec "$python" {command.lstrip()}']
        return "\n\n".join(blocks) + "\n"

    def head(self) -> str:
        """Return the script up to its command: title, options, environment.

        Raises
        ------
        InputError
            As :meth:`render`.
        """
        blocks = [
            ["#!/bin/bash", *(f"# {_comment(line)}" for line in (self.title, *self.notes))],
            ["# -- what is asked of the queue", *(option(*pair) for pair in self.options)],
            ["set -e"],
            ['before="$(command -v python3 || true)"'] if self.finds_python else [],
            self._environment(),
        ]
        return "\n\n".join("\n".join(block) for block in blocks if block)

    def _environment(self) -> list[str]:
        lines = [f"module load {_module(name)}" for name in self.modules]
        lines += [_shell_line(line) for line in self.setup]
        lines += [
            f"export {_variable(name)}={quoted(value, f'environment {name}')}"
            for name, value in self.environment.items()
        ]
        return ["# -- the environment", *lines] if lines else []


def _comment(text: str) -> str:
    return _CONTROL.sub("?", text)


def _module(name: str) -> str:
    if _MODULE.fullmatch(name) is None:
        raise InputError(f"module {name!r}: expected a name such as gcc/13.2")
    return quoted(name)


def _variable(name: str) -> str:
    if VARIABLE.fullmatch(name) is None:
        raise InputError(f"environment {name!r}: expected letters, digits and '_'")
    return name


def _shell_line(line: str) -> str:
    quoted(line, "a line of setup")
    return line
