"""Two hundred starts of an adsorbate on a T4 ZCIS dot by a potential: time, memory, model loads.

    python benchmarks/screening.py [--starts N] [--workers N] [--fmax F] [--base N] [--folder DIR]

Relaxes the dot (82 atoms) by SevenNet 7net-0, then runs, as a study, the screening of COOH on its
bare copper and on the sulphur atoms around it: every start by 7net-0, the best five and two
controls by 7net-l3i5. Prints what the study says, then seconds of CPU a start, the largest memory
of each worker and of all processes together (shared pages counted once), and which process loaded
which model. What is finished is in the folder: a run that was killed goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read, write

ADSORBATE, STARTS_A_SITE = "COOH", 8
STUDY = """\
heterodot: 1
title: {n} starts of {adsorbate} on a ZCIS dot of {base} layers
systems:
  dot:
    file: dot.xyz
levels:
  7net-0: {{code: sevennet}}
  7net-l3i5: {{code: sevennet, overrides: {{model: 7net-l3i5}}}}
questions:
  - screening:
      adsorbate: {adsorbate}
      sites: {sites}
      n_starts: {each}
      keep: [{keep}]
      controls: 2
      fmax: {fmax}
output: results
workers: {workers}
"""
LOADS = "loads.txt"
EVERY = 2.0  # s, between two looks at the memory


def relaxed_dot(folder: Path, base: int, fmax: float) -> Atoms:
    """Return a tetrahedron with one bare copper (Cu8In8Zn4S34H28 is T4), relaxed by 7net-0."""
    from heterodot.calculators import Level
    from heterodot.structures import crystal, fill_cations, passivate, pyramid
    from heterodot.workflows import Runner
    from heterodot.workflows.tasks.tasks import Relax

    dot = pyramid(crystal("CuInS2"), base, truncate_corners="apex", apex="Cu")
    dot = passivate(fill_cations(dot, "8/12", seed=10), "H")
    with Runner(folder / "store") as runner:
        relaxed: Atoms = runner.run(Relax(dot, Level("sevennet"), fmax, label="dot")).structure
    return relaxed


def sites_with_room(dot: Atoms, count: int) -> list[int]:
    """Return the bare copper and the sulphur atoms nearest to it that have room."""
    from heterodot.errors import StructureError
    from heterodot.structures.dots.adsorbates import starting_geometries

    def has_room(atom: int) -> bool:
        try:
            return len(starting_geometries(dot, atom, ADSORBATE, STARTS_A_SITE)) == STARTS_A_SITE
        except StructureError:
            return False

    copper = next(int(i) for i in np.flatnonzero(dot.symbols == "Cu") if has_room(int(i)))
    sulphur = np.flatnonzero(dot.symbols == "S")
    near = sorted(sulphur, key=lambda i: float(dot.get_distance(copper, int(i))))
    found = [copper]
    for atom in near:
        if len(found) < count and has_room(int(atom)):
            found.append(int(atom))
    if len(found) < count:
        raise SystemExit(f"{count} sites asked for, {len(found)} have room")
    return found


def write_study(folder: Path, starts: int, workers: int, base: int, fmax: float) -> None:
    """Write ``study.yaml`` and its dot."""
    dot = relaxed_dot(folder, base, fmax)
    write(folder / "dot.xyz", dot)
    sites = sites_with_room(dot, max(1, starts // STARTS_A_SITE))
    (folder / "study.yaml").write_text(
        STUDY.format(
            n=len(sites) * STARTS_A_SITE, adsorbate=ADSORBATE, sites=sites, each=STARTS_A_SITE,
            keep=5, fmax=fmax, workers=workers, base=base,
        )
    )  # fmt: skip


def run_study(folder: Path) -> None:
    """Run the study in this process and its workers; each model that one of them loads is noted."""
    from heterodot.calculators.potentials import calculator
    from heterodot.cli.app import main

    load = calculator._engine  # noqa: SLF001 - workers are forked, and take this along

    def noted(source: calculator.Source, device: str) -> object:
        with (folder / LOADS).open("a") as file:
            file.write(f"{os.getpid()} {source.path.name}\n")
        return load(source, device)

    calculator._engine = noted  # noqa: SLF001
    sys.argv = ["heterodot", "run", str(folder / "study.yaml")]
    main()


def watched(process: subprocess.Popen[bytes]) -> tuple[dict[int, float], float]:
    """Return the largest memory (MB) of each process of a run, and of all at one time."""
    peaks: dict[int, float] = {}
    together = 0.0
    while process.poll() is None:
        shares = []
        for pid in (process.pid, *descendants(process.pid)):
            try:
                status = Path(f"/proc/{pid}/status").read_text()
                shares.append(kilobytes(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss:"))
                peaks[pid] = kilobytes(status, "VmHWM:") / 1e3
            except (OSError, ValueError):  # it has ended meanwhile
                continue
        together = max(together, sum(shares) / 1e3)
        time.sleep(EVERY)
    return peaks, together


def descendants(pid: int) -> list[int]:
    """Return the processes below one."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [each for child in children for each in (int(child), *descendants(int(child)))]


def kilobytes(text: str, name: str) -> float:
    return float(next(line for line in text.splitlines() if line.startswith(name)).split()[1])


def costs(folder: Path) -> None:
    """Print what the starts cost, from the records of their tasks."""
    by_level: dict[str, list[dict[str, object]]] = {}
    for path in (folder / "results" / "store").rglob("*.json"):
        record = json.loads(path.read_text())
        if record.get("task") == "relax":
            model = record["level"].get("overrides", {}).get("model", "7net-0")
            by_level.setdefault(model, []).append(record)
    for model, records in by_level.items():
        cpu = np.array([r["cpu_seconds"] for r in records])
        asked = np.array([r["result"]["cost"]["n_forces"] for r in records])
        print(
            f"  {model}: {len(records)} relaxations of {records[0]['atoms']} atoms, "
            f"{cpu.sum():.0f} s of CPU: {cpu.mean():.2f} each (median {np.median(cpu):.2f}, most "
            f"{cpu.max():.2f}), {asked.mean():.1f} evaluations each"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fmax", type=float, default=0.1)
    parser.add_argument("--base", type=int, default=4, help="layers of the dot")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if asked.run:
            run_study(folder)
            return
        if not (folder / "study.yaml").exists():
            write_study(folder, asked.starts, asked.workers, asked.base, asked.fmax)
        (folder / LOADS).write_text("")
        start = time.perf_counter()
        command = [sys.executable, __file__, "--run", "--folder", str(folder)]
        process = subprocess.Popen(command)
        peaks, together = watched(process)
        print(f"{read(folder / 'dot.xyz').get_chemical_formula()}, {asked.workers} workers")
        print(f"  {time.perf_counter() - start:.0f} s of wall time, load {os.getloadavg()[0]:.1f}")
        costs(folder)
        loaded = Counter((folder / LOADS).read_text().split("\n"))
        for pid, peak in peaks.items():
            models = [line.split()[1] for line in loaded if line.startswith(f"{pid} ")]
            who = "driver" if pid == process.pid else "worker"
            print(f"  {who} {peak:6.0f} MB at most, loaded {', '.join(models) or 'no model'}")
        print(f"  together {together:6.0f} MB at most; {sum(loaded.values()) - 1} model loads")
        if process.returncode:
            raise SystemExit(process.returncode)


if __name__ == "__main__":
    main()
