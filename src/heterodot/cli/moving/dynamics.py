"""``heterodot dynamics``: the atoms of a structure file move; the trajectory is judged, written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from heterodot.cli.common.options import Level, Output


def dynamics(
    structure: Annotated[Path, typer.Argument(help="Structure file.")],
    level: Level,
    output: Output,
    steps: Annotated[int, typer.Option(help="Steps that are followed.")] = 1000,
    timestep: Annotated[float, typer.Option(help="fs.")] = 1.0,
    temperature: Annotated[float, typer.Option(help="K.")] = 300.0,
    ensemble: Annotated[
        str, typer.Option(help="csvr, nve, langevin, nose-hoover, npt-isotropic or npt.")
    ] = "csvr",
    equilibrate: Annotated[int, typer.Option(help="Steps before, that are left out.")] = 0,
    every: Annotated[int, typer.Option(help="Steps from frame to frame.")] = 1,
    seed: Annotated[int, typer.Option(help="Of velocities and noise.")] = 0,
    relax: Annotated[bool, typer.Option("--relax/--no-relax", help="Relax first.")] = True,
    store: Annotated[
        Path, typer.Option(help="Folder of what is calculated: killed, it goes on from there.")
    ] = Path("dynamics-store"),
) -> None:
    """Move the atoms of a structure by a level; write the frames as .xyz or .traj.

    Says temperature, energy, drift, bonds, vibrations and flags. The same command goes on from
    where it was killed, to the same digits.
    """
    # one thread per process unless the user says otherwise; read when the codes are loaded
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from heterodot.analysis.motion.trajectories.trajectory import check_export
    from heterodot.cli.progress import interruptible
    from heterodot.paths import refuse_no_file
    from heterodot.structures.crystals.files import read_structure_file
    from heterodot.workflows import MolecularDynamics, Runner
    from heterodot.workflows.validation.levels import one_level

    check_export(output)
    refuse_no_file(output)
    question = MolecularDynamics(
        read_structure_file(structure), one_level(level), steps=steps, timestep=timestep,
        temperature=temperature, ensemble=ensemble, equilibrate=equilibrate, every=every,
        seed=seed, relax=relax, name=structure.stem,
    )  # fmt: skip
    with interruptible(), Runner(store, workers=1) as runner:
        found = question.run(runner)
        found.trajectory.write(output)
    typer.echo(found.summary())
    typer.echo(f"{output}: {len(found.trajectory)} frames")
