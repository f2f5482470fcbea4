"""CHGNet; the magnetic moments it learnt are not used.

B. Deng, P. Zhong, K. Jun, J. Riebesell, K. Han, C. J. Bartel, G. Ceder, Nat. Mach. Intell. 5, 1031
(2023), doi:10.1038/s42256-023-00716-3.
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
from heterodot.calculators.potentials.weights import MPTRJ, MPTRJ_ELEMENTS, Release
from heterodot.calculators.spin import SpinState
from heterodot.calculators.validation import lone_atoms
from heterodot.errors import RefusedError

_CUTOFF = 6.0
"""Å: atoms farther apart do not see each other; a finite structure is put into a box that keeps it
that far from its images."""


class CHGNet(Potential):
    """Graph network with angles, invariant features."""

    name = "chgnet"
    title = "CHGNet"
    package = "chgnet"
    distribution = "chgnet"
    packages = ("chgnet", "torch")
    install = "make mlip, or pip install chgnet"
    default = "0.3.0"
    precisions = ("float32",)  # the package is written for single precision
    releases = {  # noqa: RUF012
        "0.3.0": Release(
            "pretrained/0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar", MPTRJ,
            sha256="d14ab7c0f093efe64b60a7bcd540bca10e74fb7f46c86108a079af60524659d1",
        ),
        "0.2.0": Release(
            "pretrained/0.2.0/chgnet_0.2.0_e30f77s348m32.pth.tar", MPTRJ,
            sha256="ef624f78b6db9d315b4ef256f1bb3207449924191b91720dc17d3f60c5df980e",
            superseded="0.3.0",
        ),
        "r2scan": Release(
            "pretrained/r2scan/chgnet_r2scan_transfer_learning_e15f36s161m23.pth.tar",
            "MPtrj (PBE), then r2SCAN calculations of the Materials Project",
            "r2SCAN", "8eba3db0f35a2788bb3ae22885ad340591e27996f213c6643af522a633b50dad",
        ),
    }  # fmt: skip
    capabilities = Capabilities(stress=True, elements=MPTRJ_ELEMENTS)
    effort = Effort(50, 0.5, 1.0, 1500, 1.0)
    """Measured on one core: 256 atoms of copper 7.7 s and 4 GB."""
    noise = ("Converting a tensor with requires_grad=True",)
    megabytes_per_atom = 15.0

    def load(self, path: Path, settings: Mapping[str, Any], device: str) -> Any:  # noqa: ARG002
        """Read a checkpoint of the package; an atom that nothing sees is an error.

        The network of 0.2.0, the weights of the paper, has biases that later ones have not, and its
        checkpoint does not say so.
        """
        import torch
        from chgnet.model.dynamics import CHGNetCalculator
        from chgnet.model.model import CHGNet as Network

        with quiet():
            stored = torch.load(str(path), map_location="cpu", weights_only=False)["model"]
            biased = any(".mlp_out." in n and n.endswith(".bias") for n in stored["state_dict"])
            wanted = {"mlp_out_bias": biased} if "mlp_out_bias" not in stored["model_args"] else {}
            network = Network.from_dict(stored, **wanted)
            return CHGNetCalculator(network, use_device=device, on_isolated_atoms="error")

    def check(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:
        """Refuse an atom that sees no other: the network has no energy for it."""
        found = super().check(atoms, settings)
        lone = lone_atoms(atoms, _CUTOFF)
        if len(lone):
            named = ", ".join(f"{atoms.symbols[i]}{i}" for i in lone[:3])
            raise RefusedError(
                f"{self.name}: {named} has no atom within {_CUTOFF:g} Å, and this network knows "
                "none that stands alone: choose another code for it"
            )
        return found

    def boxed(self, atoms: Atoms) -> Atoms:
        """Return the structure in a cell, which the package needs, far from its own images."""
        return in_a_box(atoms, _CUTOFF)
