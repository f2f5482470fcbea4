"""MACE through the package mace-torch.

I. Batatia et al., arXiv:2206.07697 (2022); its releases for all elements: I. Batatia et al., J.
Chem. Phys. 163, 184110 (2025), doi:10.1063/5.0297006, and arXiv:2510.25380 (2025) for ``mh-0`` and
``mh-1``.

mace-torch pins e3nn 0.4.4, which sevenn refuses: the two cannot share an environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase.data import chemical_symbols

from heterodot.calculators.capabilities import Capabilities, Effort
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.potentials.potential import Potential
from heterodot.calculators.potentials.quiet import quiet
from heterodot.calculators.potentials.weights import (
    MPTRJ,
    MPTRJ_ELEMENTS,
    OMAT24,
    Release,
    cache_folder,
)
from heterodot.errors import LevelError

_ACADEMIC = "Academic Software License"
_MANY = "OMat24, then OMol25, OC20, MatPES and others, one head each"
_SEVERAL = ("mh-0", "mh-1")
_SEVERAL_OF = {"omat_pbe": "PBE", "mp_pbe_refit_add": "PBE", "matpes_r2scan": "r2SCAN"}
"""Functional by head, of those without dispersion whose functional is beyond doubt."""


def _release(
    name: str, file: str, trained_on: str, functional: str = "PBE", licence: str = "MIT"
) -> Release:
    bring = (
        'python -c "from mace.calculators.foundations_models import download_mace_mp_checkpoint '
        f"as bring; bring('{name}')\""
    )
    kept = "".join(letter for letter in file if letter.isalnum() or letter == "_")  # as it does
    return Release(kept, trained_on, functional, bring=bring, licence=licence)


class MACE(Potential):
    """Equivariant message passing with many-body messages."""

    name = "mace"
    title = "MACE"
    package = "mace"
    distribution = "mace-torch"
    packages = ("mace-torch", "e3nn", "torch")
    install = "pip install mace-torch, in an environment without sevenn: it needs another e3nn"
    default = "medium-mpa-0"
    precisions = ("float64", "float32")  # the first is what its authors advise for minima
    releases = {  # noqa: RUF012
        name: _release(name, *what)
        for name, what in {
            "small": ("2023-12-10-mace-128-L0_energy_epoch-249.model", MPTRJ),
            "medium": ("2023-12-03-mace-128-L1_epoch-199.model", MPTRJ),
            "large": ("MACE_MPtrj_2022.9.model", MPTRJ),
            "small-0b2": ("mace-small-density-agnesi-stress.model", MPTRJ),
            "medium-0b2": ("mace-medium-density-agnesi-stress.model", MPTRJ),
            "large-0b2": ("mace-large-density-agnesi-stress.model", MPTRJ),
            "medium-0b3": ("mace-mp-0b3-medium.model", MPTRJ),
            "medium-mpa-0": (
                "mace-mpa-0-medium.model",
                "MPtrj and subsampled Alexandria (crystals by PBE, with U in some oxides)",
            ),
            "small-omat-0": ("mace-omat-0-small.model", OMAT24, "PBE", _ACADEMIC),
            "medium-omat-0": ("mace-omat-0-medium.model", OMAT24, "PBE", _ACADEMIC),
            "mace-matpes-pbe-0": (
                "MACE-matpes-pbe-omat-ft.model", "OMat24, then MatPES (crystals by PBE without U)",
                "PBE", _ACADEMIC,
            ),
            "mace-matpes-r2scan-0": (
                "MACE-matpes-r2scan-omat-ft.model", "OMat24, then MatPES (crystals by r2SCAN)",
                "r2SCAN", _ACADEMIC,
            ),
            "mh-0": ("mace-mh-0.model", _MANY, "", _ACADEMIC),
            "mh-1": ("mace-mh-1.model", _MANY, "", _ACADEMIC),
        }.items()
    }  # fmt: skip
    extra = {  # noqa: RUF012
        "head": Keyword((str,), "which of the heads of mh-0, mh-1 or a file with several")
    }
    extra_defaults = {"head": ""}  # noqa: RUF012
    capabilities = Capabilities(stress=True, elements=MPTRJ_ELEMENTS)
    effort = Effort(50, 1.0, 1.0, 2000, 1.0)
    noise = ("The TorchScript type system", "You are using `torch.load`", "`torch.jit.")
    megabytes_per_atom = 12.0

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse a head where there is none to choose."""
        super().check_settings(settings)
        model, head = settings["model"], settings["head"]
        if head and model in self.releases and model not in _SEVERAL:
            raise LevelError(
                f"{self.name}: head = {head!r}: {model} has one only, expected none, or model: mh-1"
            )

    def _head(self, settings: Mapping[str, Any]) -> str:
        """Return the head asked for; of a release with several PBE's if none is."""
        return settings["head"] or ("omat_pbe" if settings["model"] in _SEVERAL else "")

    def identity(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Leave the head out where there is no choice."""
        head = self._head(settings)
        kept = {k: v for k, v in super().identity(settings).items() if k != "head"}
        return {**kept, "head": head} if head else kept

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the release and, of one with several, the head."""
        text, head = super().label(settings).replace("MACE mace-", "MACE "), self._head(settings)
        return f"{text}, {head}" if head else text

    def functional(self, settings: Mapping[str, Any]) -> str:
        """Return the functional of the release or of its head; empty where dispersion is in it."""
        head = self._head(settings)
        return _SEVERAL_OF.get(head, "") if head else super().functional(settings)

    def _package_folder(self) -> Path:
        return cache_folder("~/.cache/mace", ("XDG_CACHE_HOME", "mace"))

    def load(self, path: Path, settings: Mapping[str, Any], device: str) -> Any:
        """Read a saved model; the package takes its last head for one it does not know."""
        with quiet():
            from mace.calculators import MACECalculator

            head = self._head(settings)
            engine = MACECalculator(
                model_paths=[str(path)], device=device, default_dtype=settings["dtype"],
                **({"head": head} if head else {}),
            )  # fmt: skip
        if head and head not in engine.available_heads:
            raise LevelError(
                f"{self.name}: head = {head!r}: {path.name} has none of that name, expected one of "
                f"{', '.join(engine.available_heads)}"
            )
        return engine

    def elements(self, engine: Any) -> frozenset[str]:
        """Return the elements in the table of a model."""
        return frozenset(chemical_symbols[number] for number in engine.z_table.zs)
