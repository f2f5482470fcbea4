"""Which of several MPI processes this one is, by what its launcher says."""

from __future__ import annotations

import os


def mpi_rank() -> int:
    """Return the rank of this process; 0 unless it was started under mpiexec or srun."""
    for name in ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"):
        if name in os.environ:
            return int(os.environ[name])
    return 0
