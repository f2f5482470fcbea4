"""``heterodot new``: a commented study to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from heterodot.errors import InputError


def topics() -> dict[str, str]:
    """Return the first comment of every study there is to start from, by its topic."""
    found = {}
    for entry in files(__package__).joinpath("topics").iterdir():
        if entry.name.endswith(".yaml"):
            first = entry.read_text("utf-8").partition("\n")[0]
            found[entry.name.removesuffix(".yaml")] = first.removeprefix("# ")
    return dict(sorted(found.items()))


def complete_topic(incomplete: str) -> list[tuple[str, str]]:
    """Return the topics that begin so, for the shell."""
    return [(name, said) for name, said in topics().items() if name.startswith(incomplete)]


def new(
    topic: Annotated[
        str | None,
        typer.Argument(
            help="What to study; all topics without one.", autocompletion=complete_topic
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; TOPIC.yaml by default.")
    ] = None,
) -> None:
    """Write a commented study to start from, or list the topics there are."""
    known = topics()
    if topic is None:
        width = max(map(len, known))
        for name, said in known.items():
            typer.echo(f"{name:<{width}}  {said}")
        typer.echo("write one: heterodot new TOPIC", err=True)
        return
    if topic not in known:
        from heterodot.structures.recipes.checking import nearest

        near = nearest(topic, tuple(known))
        raise InputError(f"topic {topic!r}: expected one of {', '.join(known)}{near}")
    target = Path(f"{topic}.yaml") if output is None else output
    if target.exists():
        raise InputError(f"{target}: is there already; expected a new file (-o names another)")
    text = files(__package__).joinpath("topics", f"{topic}.yaml").read_text("utf-8")
    try:
        with target.open("x", encoding="utf-8") as file:  # never over what came in the meantime
            file.write(text)
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror or error})") from error
    typer.echo(f"{target}: {known[topic]}")
    typer.echo(f"look: heterodot run {target} --check    answer: heterodot run {target}", err=True)
