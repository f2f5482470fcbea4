"""``heterodot gap-along``: the gap of one level along the trajectory of another."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from heterodot.cli.common.options import Level


def gap_along(
    trajectory: Annotated[Path, typer.Argument(help="Frames: .htrj, .xyz or ASE's .traj.")],
    level: Level,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Table of times and gaps to write (CSV).")
    ] = None,
    interval: Annotated[
        float | None, typer.Option(help="fs from frame to frame, where the file does not say.")
    ] = None,
    store: Annotated[
        Path, typer.Option(help="Folder of what is calculated: killed, it goes on from there.")
    ] = Path("gap-store"),
    workers: Annotated[
        int, typer.Option("--workers", "-n", min=1, max=10000, help="Tasks at a time.")
    ] = 1,
) -> None:
    """Take the gap of every frame at a level: its mean, its lines, what moves in them, dephasing.

    Of sixteen frames or more, at fixed cell.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from heterodot.analysis.motion.trajectories.trajectory import read_trajectory
    from heterodot.cli.common.writing import write_text
    from heterodot.cli.progress import interruptible
    from heterodot.paths import refuse_no_file
    from heterodot.workflows import Runner
    from heterodot.workflows.questions.dynamics.gap_fluctuation import GapFluctuation
    from heterodot.workflows.validation.levels import one_level

    chosen = one_level(level)
    if output is not None:
        refuse_no_file(output)
    frames = read_trajectory(trajectory, interval)
    question = GapFluctuation(
        frames[0], chosen, trajectory=str(trajectory), interval=interval, name=trajectory.stem
    )
    with interruptible(), Runner(store, workers=workers) as runner:
        found = question.run(runner)
    typer.echo(found.summary())
    if output is not None:
        rows = (f"{found.interval * k:g},{gap:.6f}" for k, gap in enumerate(found.gaps))
        write_text(output, "\n".join(["time (fs),gap (eV)", *rows]) + "\n")
        typer.echo(f"{output}: {len(found.gaps)} gaps")
