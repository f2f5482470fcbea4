"""What a GPU gains: potentials and GPAW's plane waves on it and on one core of the CPU.

    OMP_NUM_THREADS=1 python benchmarks/gpu.py [--cpu] [--rounds N]

Seconds of one evaluation (energy and forces) of zinc sulphide, of a screening (16 dots with CO2)
one structure after another and in batches of one model call, and of an SCF in plane waves; beside
each the ratio to the CPU. Without a GPU it says so in one line; --cpu measures what can be measured
without one, batching above all. torch-sim 0.3.0 is left out: neither its wrapper of SevenNet nor
that of sevenn 0.13.0 can be imported beside the other package.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from ase import Atoms
from ase.build import bulk, molecule

from heterodot.calculators import Level, available_codes
from heterodot.calculators.potentials.calculator import forget_models
from heterodot.calculators.potentials.potential import Potential
from heterodot.errors import MissingDependencyError, RefusedError

CELLS = ((2, 2, 2), (3, 3, 3))
BATCHES = (1, 4, 16)
PLANE_WAVES = {
    "mode": "pw", "ecut": 400.0, "kpts": [1, 1, 1], "convergence": {"energy": 1e-4},
}  # fmt: skip


def rattled(atoms: Atoms, seed: int) -> Atoms:
    new = atoms.copy()
    new.positions += np.random.default_rng(seed).normal(scale=0.03, size=new.positions.shape)
    return new


def crystal(size: tuple[int, int, int], seed: int = 0) -> Atoms:
    return rattled(bulk("ZnS", "zincblende", a=5.41, cubic=True) * size, seed)


def screening(count: int) -> list[Atoms]:
    """Return starts of CO2 on a piece of zinc sulphide, 43 atoms in a box."""
    block = bulk("ZnS", "zincblende", a=5.41, cubic=True) * (2, 2, 2)
    middle = block.positions.mean(0)
    near = np.argsort(np.linalg.norm(block.positions - middle, axis=1))[:40]
    dot = Atoms(block.numbers[near], block.positions[near] - middle)
    starts = []
    for seed in range(count):
        gas = molecule("CO2")
        gas.rotate(37.0 * seed, (1, 1, 0.5))
        gas.positions += [0, 0, dot.positions[:, 2].max() + 2.3]
        start = rattled(dot + gas, seed)
        start.set_cell([30.0] * 3)
        start.center()
        start.pbc = True
        starts.append(start)
    return starts


def seconds(work: Callable[[], Any], rounds: int) -> float:
    """Return the shortest of several rounds; the first, which warms up, is left out."""
    found = []
    for turn in range(rounds + 1):
        start = time.perf_counter()
        work()
        if turn:
            found.append(time.perf_counter() - start)
    return min(found)


def evaluate(level: Level, structures: Sequence[Atoms]) -> None:
    calculator = level.calculator(structures[0])
    for atoms in structures:
        ready = atoms.copy()
        ready.calc = calculator
        ready.get_forces()


def potentials() -> list[str]:
    """Return the potentials that can run here and whose weights are here."""
    found = []
    for code, state in available_codes().items():
        level = Level(code) if code != "ase" else None
        if level is None or not isinstance(level.implementation, Potential) or not state.available:
            continue
        try:
            level.calculator(bulk("Cu"))
        except (MissingDependencyError, RefusedError) as error:
            print(f"{code}: left out: {error}")
            continue
        found.append(code)
    return found


def one_after_another(code: str, devices: Sequence[str], rounds: int) -> None:
    sets = {f"{len(crystal(size))} atoms": [crystal(size)] for size in CELLS}
    sets["16 starts of 43 atoms"] = screening(16)
    for title, structures in sets.items():
        times = []
        for device in devices:
            forget_models()
            level = Level(code, overrides={"device": device})
            work = lambda: evaluate(level, structures)  # noqa: B023, E731 - called at once
            times.append(seconds(work, rounds))
        print(f"{code:<10} {title:<24} {compared(devices, times)}")


def compared(devices: Sequence[str], times: Sequence[float]) -> str:
    text = ", ".join(f"{d} {t:.3f} s" for d, t in zip(devices, times, strict=True))
    return text + (f", {times[0] / times[-1]:.1f} times faster" if len(times) > 1 else "")


def batched_sevennet(device: str, structures: Sequence[Atoms]) -> Callable[[int], None]:
    """Return a screening by SevenNet: the graphs of several structures as one."""
    from sevenn.atom_graph_data import AtomGraphData
    from sevenn.train.dataload import unlabeled_atoms_to_graph
    from torch_geometric.loader.dataloader import Collater

    engine = Level("sevennet", overrides={"device": device}).calculator(structures[0]).model.engine
    engine.model.set_is_batch_data(True)
    collate = Collater([])

    def run(size: int) -> None:
        graphs = [
            AtomGraphData.from_numpy_dict(
                unlabeled_atoms_to_graph(atoms, engine.cutoff, with_shift=True)
            )
            for atoms in structures
        ]
        for start in range(0, len(graphs), size):
            engine.model(collate(graphs[start : start + size]).to(engine.device))

    return run


def batched_chgnet(device: str, structures: Sequence[Atoms]) -> Callable[[int], None]:
    """Return a screening by CHGNet."""
    from pymatgen.io.ase import AseAtomsAdaptor

    engine = Level("chgnet", overrides={"device": device}).calculator(structures[0]).model.engine
    crystals = [AseAtomsAdaptor.get_structure(atoms) for atoms in structures]

    def run(size: int) -> None:
        engine.model.predict_structure(crystals, task="ef", batch_size=size)

    return run


def batches(codes: Sequence[str], devices: Sequence[str], rounds: int) -> None:
    kinds = {"sevennet": batched_sevennet, "chgnet": batched_chgnet}
    kinds = {code: make for code, make in kinds.items() if code in codes}
    structures = screening(16)
    for title, make in kinds.items():
        for device in devices:
            forget_models()  # those before have been told of batches
            run = make(device, structures)
            times = [seconds(lambda size=size: run(size), rounds) for size in BATCHES]  # noqa: B023
            ratios = ", ".join(
                f"{size} a call {t / len(structures):.3f} s each ({times[0] / t:.2f} times)"
                for size, t in zip(BATCHES, times, strict=True)
            )
            print(f"{title} on {device}: {ratios}")
    forget_models()


def plane_waves(devices: Sequence[str]) -> None:
    times = []
    atoms = crystal((1, 1, 1))
    for device in devices:
        level = Level("gpaw", "precise", {**PLANE_WAVES, "device": device})
        ready = level.prepare(atoms)
        ready.calc = level.calculator(ready)
        start = time.perf_counter()
        with level.translate_errors():
            ready.get_forces()
        times.append(time.perf_counter() - start)
    print(f"gpaw       {len(atoms)} atoms, plane waves   {compared(devices, times)}")


def has_cuda() -> str:
    """Return what is missing for torch to use a GPU; empty where nothing is."""
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed"
    import torch

    return "" if torch.cuda.is_available() else f"torch {torch.__version__} finds no CUDA device"


def gpaw_has_gpu() -> str:
    """Return what is missing for GPAW to use a GPU; empty where nothing is."""
    if importlib.util.find_spec("gpaw") is None:
        return "GPAW is not installed"
    from gpaw.gpu import cupy_is_fake

    return "GPAW finds none (cupy, or built without)" if cupy_is_fake else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", action="store_true", help="measure what needs no GPU")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed (3)")
    given = parser.parse_args()
    potentials_lack, gpaw_lacks = has_cuda(), gpaw_has_gpu()
    if potentials_lack and gpaw_lacks and not given.cpu:
        sys.exit(f"no GPU here: {potentials_lack}; {gpaw_lacks}; --cpu measures what needs none")
    devices = ["cpu"] if potentials_lack else ["cpu", "cuda"]
    if not potentials_lack or (given.cpu and importlib.util.find_spec("torch")):
        codes = potentials()
        for code in codes:
            one_after_another(code, devices, given.rounds)
        batches(codes, devices, given.rounds)
    if gpaw_lacks:
        print(f"gpaw: left out: {gpaw_lacks}")
    else:
        plane_waves(["cpu", "cuda"])


if __name__ == "__main__":
    main()
