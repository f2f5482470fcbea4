"""MatterSim.

H. Yang et al., arXiv:2405.04967 (2024).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators.capabilities import Capabilities, Effort
from heterodot.calculators.potentials.boxes import in_a_box
from heterodot.calculators.potentials.potential import Potential
from heterodot.calculators.potentials.quiet import quiet
from heterodot.calculators.potentials.weights import MPTRJ_ELEMENTS, Release, cache_folder

_CUTOFF = 5.0
"""Å, of the releases."""

_DATA = "MatterSim's own data (crystals at up to 5000 K and 1000 GPa by PBE, with U in some oxides)"


def _release(size: str) -> Release:
    file = f"mattersim-v1.0.0-{size}.pth"
    return Release(
        file,
        _DATA,
        bring='python -c "from mattersim.utils.download_utils import download_checkpoint as bring; '
        f"bring('{file}')\"",
        licence="MIT",
    )


class MatterSim(Potential):
    """M3GNet: a graph network with angles."""

    name = "mattersim"
    title = "MatterSim"
    package = "mattersim"
    distribution = "mattersim"
    packages = ("mattersim", "torch")
    install = "pip install mattersim"
    default = "v1.0.0-1M"
    precisions = ("float32",)  # the package builds its graphs in single precision
    releases = {  # noqa: RUF012
        "v1.0.0-1M": _release("1M"),
        "v1.0.0-5M": _release("5M"),
    }
    capabilities = Capabilities(stress=True, elements=MPTRJ_ELEMENTS)
    effort = Effort(50, 0.5, 1.0, 1500, 1.0)
    noise = ("No PBC detected", "`torch.jit.")
    megabytes_per_atom = 10.0

    def _package_folder(self) -> Path:
        return cache_folder("~/.local/mattersim/pretrained_models")

    def load(self, path: Path, settings: Mapping[str, Any], device: str) -> Any:  # noqa: ARG002
        """Read a checkpoint; a path, never a name, which the package would download."""
        with quiet():
            from loguru import logger
            from mattersim.forcefield import MatterSimCalculator
            from mattersim.forcefield import Potential as Network
            from mattersim.utils.logger_utils import handlers

            if "console" in handlers:  # it writes to standard output, from a thread of its own
                logger.remove(handlers.pop("console"))
            network = Network.from_checkpoint(
                str(path.resolve()), device=device, load_training_state=False
            )
        return MatterSimCalculator(network, device=device)

    def boxed(self, atoms: Atoms) -> Atoms:
        """Return the structure in a cell: the package gives one to molecules only."""
        return in_a_box(atoms, _CUTOFF)
