"""Time core/shell dots: building, bonds and coordination, relaxation, ligands.

Run: OMP_NUM_THREADS=1 python benchmarks/core_shell.py [radius of the core in Å, default 66]
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from heterodot.bonds import find_bonds
from heterodot.structures import (
    add_z_ligands,
    core_shell,
    oxidize_interface,
    relax_valence_force_field,
)

SHELLS = ["ZnSe:2ml", "ZnSe>ZnS:8A", "ZnS:1ml"]


def timed(what: str, work: Callable[[], Any]) -> Any:
    start = time.process_time()
    result = work()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{what:32s} {time.process_time() - start:8.2f} s   peak {memory:6.0f} MB")
    return result


def main(radius: float) -> None:
    core_shell("InP", SHELLS, radius=8, lattice="relaxed")  # imports
    dot = timed("build", lambda: core_shell("InP", SHELLS, radius=radius))
    coordination = timed("bonds and coordination", lambda: find_bonds(dot).coordination)
    print(f"  {len(dot)} atoms, coordination {dict(enumerate(np.bincount(coordination).tolist()))}")
    timed("oxidise 20 % of the interface", lambda: oxidize_interface(dot, 0.2))
    timed("ZnCl2 on every bare anion", lambda: add_z_ligands(dot, "ZnCl2", 1.0))
    relaxed = timed("valence force field to 1e-3 eV/Å", lambda: relax_valence_force_field(dot))
    print(f"  {relaxed.info['heterodot']['notes'][-1]}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 66.0)
