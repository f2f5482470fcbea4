"""UMA through the package fairchem-core.

One network for several levels of theory, which its users call tasks. B. M. Wood et al.,
arXiv:2506.23971 (2025). The weights are given to those who accept their licence on Hugging Face.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators.capabilities import Capabilities, Effort
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.potentials.boxes import in_a_box
from heterodot.calculators.potentials.potential import Potential
from heterodot.calculators.potentials.quiet import quiet, silence
from heterodot.calculators.potentials.weights import OMAT24, Release, cache_folder

_CUTOFF = 6.0
"""Å."""

_REPOSITORY = "facebook/UMA"

TASKS = {
    "omat": (OMAT24, "PBE"),
    "oc20": ("OC20 (adsorbates on slabs by RPBE)", "RPBE"),
    "oc22": ("OC22 (adsorbates on oxides by PBE, with U)", "PBE"),
    "oc25": ("OC25 (solvents on slabs by RPBE and D3)", ""),
    "omol": ("OMol25 (molecules by ωB97M-V)", ""),
    "omc": ("OMC25 (molecular crystals by PBE and D3)", ""),
    "odac": ("ODAC25 (CO2 and water in porous crystals by PBE and D3)", ""),
}
"""Data by task, and their functional where it is without dispersion; oc22 and oc25 since 1.2."""


def _release(name: str) -> Release:
    return Release(
        f"models--facebook--UMA/snapshots/*/checkpoints/{name}.pt",
        "one of several data sets (task)",
        "",
        bring=f"accept the licence at https://huggingface.co/{_REPOSITORY}, hf auth login, then "
        'python -c "from fairchem.core.calculate.pretrained_mlip import '
        f"pretrained_checkpoint_path_from_name as bring; bring('{name}')\"",
        licence="FAIR Chemistry License",
    )


class FairChem(Potential):
    """UMA: equivariant message passing with a mixture of linear experts."""

    name = "fairchem"
    title = "UMA"
    package = "fairchem.core"
    distribution = "fairchem-core"
    packages = ("fairchem-core", "torch")
    install = "pip install fairchem-core"
    default = "uma-s-1p2"
    releases = {  # noqa: RUF012
        name: _release(name) for name in ("uma-s-1p2", "uma-s-1p2p1", "uma-s-1p1", "uma-m-1p1")
    }
    extra = {  # noqa: RUF012
        "task": Keyword((str,), "which of the levels of theory it learnt", choices=tuple(TASKS))
    }
    extra_defaults = {"task": "omat"}  # noqa: RUF012
    capabilities = Capabilities(stress=True)
    effort = Effort(50, 2.0, 1.0, 4000, 1.0)
    megabytes_per_atom = 20.0

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the release and the task."""
        text = super().label(settings).replace("UMA uma-", "UMA ")
        return f"{text}, {settings['task']}"

    def trained_on(self, settings: Mapping[str, Any]) -> str:
        """Return data and functional of the task."""
        return TASKS[settings["task"]][0] if settings["model"] in self.releases else ""

    def functional(self, settings: Mapping[str, Any]) -> str:
        """Return the functional of the task; empty where dispersion is in it."""
        return TASKS[settings["task"]][1]

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Say which spin the task that knows one is given."""
        found = super().caveats(atoms, settings)
        if settings["task"] != "omol":
            return found
        return (*found, "taken as neutral, with the lowest spin its electrons allow")

    def _package_folder(self) -> Path:
        return cache_folder("~/.cache/fairchem", ("FAIRCHEM_CACHE_DIR", ""))

    def load(self, path: Path, settings: Mapping[str, Any], device: str) -> Any:
        """Read a checkpoint; nothing is merged or compiled for one composition."""
        silence("fairchem")  # it speaks at the first evaluation, too
        with quiet():
            from fairchem.core.calculate.ase_calculator import FAIRChemCalculator
            from fairchem.core.units.mlip_unit import load_predict_unit
            from fairchem.core.units.mlip_unit.api.inference import InferenceSettings

            exact = InferenceSettings(
                tf32=False, activation_checkpointing=False, merge_mole=False, compile=False,
                base_precision_dtype=settings["dtype"],
            )  # fmt: skip
            unit = load_predict_unit(str(path), exact, device=device, atom_refs=_single_atoms(path))
            return FAIRChemCalculator(unit, task_name=settings["task"])

    def boxed(self, atoms: Atoms) -> Atoms:
        """Return the structure with the spin that ``omol`` asks for, in a cell if it has a part."""
        inside = in_a_box(atoms, _CUTOFF) if atoms.pbc.any() else atoms
        inside.info.update(charge=0, spin=1 + int(atoms.numbers.sum()) % 2)
        return inside


def _single_atoms(checkpoint: Path) -> Any:
    """Return the energies of single atoms, which the package looks up; None if not there."""
    path = checkpoint.parent.parent / "references" / "iso_atom_elem_refs.yaml"
    if not path.is_file():
        return None
    from omegaconf import OmegaConf

    return OmegaConf.load(path)
