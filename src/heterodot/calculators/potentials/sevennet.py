"""SevenNet through the package sevenn (0.13: MIT licence).

Y. Park, J. Kim, S. Hwang, S. Han, J. Chem. Theory Comput. 20, 4857 (2024),
doi:10.1021/acs.jctc.4c00190; 7net-mf-0: J. Kim et al., J. Am. Chem. Soc. 147, 1042 (2025),
doi:10.1021/jacs.4c14455.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heterodot.calculators.capabilities import Capabilities, Effort
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.potentials.potential import Potential
from heterodot.calculators.potentials.weights import MPTRJ, MPTRJ_ELEMENTS, Release
from heterodot.errors import LevelError

_FOLDER = "pretrained_potentials"
MULTI_FIDELITY = "7net-mf-0"


class SevenNet(Potential):
    """Equivariant message passing after NequIP."""

    name = "sevennet"
    title = "SevenNet"
    package = "sevenn"
    distribution = "sevenn"
    packages = ("sevenn", "torch")
    leads = 2
    install = "make mlip, or pip install sevenn"
    default = "7net-0"
    precisions = ("float32",)  # the package builds its graphs in single precision
    releases = {  # noqa: RUF012
        "7net-0": Release(
            f"{_FOLDER}/SevenNet_0__11Jul2024/checkpoint_sevennet_0.pth", MPTRJ,
            sha256="7052cb42b7b3be42b40b97fa0d21077a48c54b5548948fc4dcf346629f813c36",
        ),
        "7net-l3i5": Release(
            f"{_FOLDER}/SevenNet_l3i5/checkpoint_l3i5.pth", MPTRJ,
            sha256="a7ff190d41efe5b8317a03d20a468e4036a1a3e64e0b14fdbab64ac3f4bfc09d",
        ),
        MULTI_FIDELITY: Release(
            f"{_FOLDER}/SevenNet_MF_0/checkpoint_sevennet_mf_0.pth",
            f"{MPTRJ} and r2SCAN calculations of the Materials Project",
            sha256="81791329b37d445f46b531578c182c41792d98c7814222c9e5dde276402225fd",
        ),
    }  # fmt: skip
    extra = {  # noqa: RUF012
        "functional": Keyword(
            (str,), f"which of the functionals {MULTI_FIDELITY} learnt", choices=("PBE", "R2SCAN")
        )
    }
    extra_defaults = {"functional": "PBE"}  # noqa: RUF012
    capabilities = Capabilities(stress=True, elements=MPTRJ_ELEMENTS)
    effort = Effort(50, 0.5, 1.0, 1500, 1.0)
    """Measured on one core: 50 atoms of a dot 0.35 s, 256 of copper 10.7 s and 1.5 GB."""
    noise = ("No tensor product accelerator", "`torch.jit.script` is deprecated")
    megabytes_per_atom = 6.0

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse the other functional where the weights know one."""
        super().check_settings(settings)
        alone = settings["model"] in self.releases and settings["model"] != MULTI_FIDELITY
        if alone and settings["functional"] != "PBE":
            raise LevelError(
                f"{self.name}: functional = {settings['functional']!r}: {settings['model']} learnt "
                f"PBE only, expected PBE or model: {MULTI_FIDELITY}"
            )

    def identity(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Leave the functional out where there is no choice."""
        found = super().identity(settings)
        if settings["model"] in self.releases and settings["model"] != MULTI_FIDELITY:
            del found["functional"]
        return found

    def functional(self, settings: Mapping[str, Any]) -> str:
        """Return the one of several that is asked for."""
        only = super().functional(settings)
        return str(settings["functional"]) if only else ""

    def variants(self) -> tuple[dict[str, Any], ...]:
        """Return every release, and the other functional of the one that knows two."""
        found = super().variants()
        other = tuple(
            {**each, "functional": "R2SCAN"} for each in found if each["model"] == MULTI_FIDELITY
        )
        return (*found, *other)

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the release and, of one with several, the functional."""
        text = super().label(settings)
        several = settings["model"] not in set(self.releases) - {MULTI_FIDELITY}
        return f"{text}, {settings['functional']}" if several else text

    def load(self, path: Path, settings: Mapping[str, Any], device: str) -> Any:
        """Read a checkpoint; the functional is chosen where the model has several."""
        from sevenn.calculator import SevenNetCalculator
        from sevenn.util import load_checkpoint

        model = load_checkpoint(str(path)).build_model()
        model.set_is_batch_data(False)
        modal = settings["functional"] if model.modal_map else None
        return SevenNetCalculator(model, file_type="model_instance", device=device, modal=modal)
