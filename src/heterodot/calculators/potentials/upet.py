"""PET, the point edge transformer, through the package upet.

A. Mazitov et al., Nat. Commun. 16, 10653 (2025), doi:10.1038/s41467-025-65662-7; F. Bigi et al.,
arXiv:2601.16195 (2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms
from ase.data import chemical_symbols

from heterodot.calculators.capabilities import Capabilities, Effort
from heterodot.calculators.potentials.potential import Potential
from heterodot.calculators.potentials.quiet import quiet
from heterodot.calculators.potentials.weights import OAM, OMAT24, Release, cache_folder

_REPOSITORY = "lab-cosmo/upet"
_MAD = (
    "MAD 1.5 (molecules, clusters, surfaces and crystals by r2SCAN) and, since 1.6, catalytic "
    "surfaces"
)


def _release(name: str, trained_on: str, functional: str = "PBE") -> Release:
    return Release(
        f"models--lab-cosmo--upet/snapshots/*/models/{name}.ckpt",
        trained_on,
        functional,
        bring=f"hf download {_REPOSITORY} models/{name}.ckpt",
        licence="BSD-3-Clause",
    )


class UPET(Potential):
    """Transformer on pairs; symmetry under rotation is learnt."""

    name = "upet"
    title = "PET"
    package = "upet"
    distribution = "upet"
    packages = ("upet", "metatrain", "metatomic-torch", "torch")
    install = "pip install upet"
    default = "pet-mad-s-v1.6.0"
    releases = {  # noqa: RUF012
        name: _release(name, *what)
        for name, what in {
            "pet-mad-xs-v1.6.0": (_MAD, "r2SCAN"),
            "pet-mad-s-v1.6.0": (_MAD, "r2SCAN"),
            "pet-mad-m-v1.6.0": (_MAD, "r2SCAN"),
            "pet-mad-s-v1.5.0": (_MAD, "r2SCAN"),
            "pet-omat-xs-v1.0.0": (OMAT24,),
            "pet-omat-s-v1.0.0": (OMAT24,),
            "pet-omat-m-v1.0.0": (OMAT24,),
            "pet-omat-l-v1.0.0": (OMAT24,),
            "pet-oam-l-v0.1.0": (OAM,),
            "pet-oam-xl-v1.0.0": (OAM,),
            "pet-omatpes-l-v0.1.0": ("OMat24, then MatPES (crystals by r2SCAN)", "r2SCAN"),
        }.items()
    }
    capabilities = Capabilities(stress=True)
    effort = Effort(50, 1.0, 1.0, 2000, 1.0)
    noise = ("PET assumes that Cartesian tensors", "`torch.jit.", "stress requested but likely")
    megabytes_per_atom = 12.0

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the release without the name of the family twice."""
        return super().label(settings).replace("PET pet-", "PET ")

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Say that turning a structure changes its energy."""
        found = super().caveats(atoms, settings)
        return (*found, "the energy of a turned structure is the same only as far as it learnt so")

    def _package_folder(self) -> Path:
        return cache_folder(
            "~/.cache/huggingface/hub", ("HF_HUB_CACHE", ""), ("HF_HOME", "hub"),
            ("XDG_CACHE_HOME", "huggingface/hub"),
        )  # fmt: skip

    def load(self, path: Path, settings: Mapping[str, Any], device: str) -> Any:
        """Read a checkpoint, or a model exported from one; forces are those of the energy."""
        with quiet():
            from upet.ase import UPETCalculator

            return UPETCalculator(
                checkpoint_path=str(path), device=device, dtype=settings["dtype"],
                uncertainty_threshold=None,
            )  # fmt: skip

    def elements(self, engine: Any) -> frozenset[str]:
        """Return the elements among the types of a model."""
        types = engine.calculator._model.capabilities().atomic_types  # noqa: SLF001 - no other way
        return frozenset(chemical_symbols[number] for number in types)
