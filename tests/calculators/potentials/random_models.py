"""Small models nobody has trained, one for each family, saved as its package saves them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

NUMBERS = (1, 6, 8, 16, 29, 30)
"""H, C, O, S, Cu, Zn."""


def mace(path: Path) -> None:
    import mace.calculators  # noqa: F401 - first: it lets torch read what its e3nn comes with
    import numpy as np
    import torch
    from e3nn import o3
    from mace import modules

    model = modules.ScaleShiftMACE(
        r_max=4.0, num_bessel=4, num_polynomial_cutoff=5, max_ell=2,
        interaction_cls=modules.interaction_classes["RealAgnosticResidualInteractionBlock"],
        interaction_cls_first=modules.interaction_classes["RealAgnosticInteractionBlock"],
        num_interactions=2, num_elements=len(NUMBERS), hidden_irreps=o3.Irreps("8x0e + 8x1o"),
        MLP_irreps=o3.Irreps("8x0e"), gate=torch.nn.functional.silu,
        atomic_energies=-np.arange(1.0, len(NUMBERS) + 1), avg_num_neighbors=8.0,
        atomic_numbers=list(NUMBERS), correlation=2, atomic_inter_scale=20.0,
        atomic_inter_shift=0.0, heads=["Default"],
    )  # fmt: skip
    torch.save(model.double(), path)


def mattersim(path: Path) -> None:
    import torch
    from mattersim.forcefield.m3gnet.m3gnet import M3Gnet

    model = M3Gnet(num_blocks=2, units=16, max_l=2, max_n=2, device="cpu")
    model.normalizer.scale *= 1000.0
    saved = {
        "model_name": "m3gnet",
        "model": model.state_dict(),
        "model_args": model.model_args,
    }
    torch.save(saved, path)


def orb(path: Path) -> None:
    import torch
    from orb_models.forcefield import pretrained
    from orb_models.forcefield.atomic_system import SystemConfig

    system = SystemConfig(radius=6.0, max_num_neighbors=120)
    model = pretrained.orb_v3_conservative_architecture(device="cpu", system_config=system)
    torch.save(model.state_dict(), path)


def upet(path: Path) -> None:
    import torch
    from metatrain.pet import PET
    from metatrain.utils.architectures import get_default_hypers
    from metatrain.utils.data import DatasetInfo
    from metatrain.utils.data.target_info import get_energy_target_info

    hypers = get_default_hypers("pet")["model"]
    hypers.update(d_pet=8, d_head=8, d_node=8, d_feedforward=8, num_heads=1, num_gnn_layers=1)
    hypers.update(cutoff=4.0, num_attention_layers=1)
    target = get_energy_target_info("energy", {"quantity": "energy", "unit": "eV"})
    info = DatasetInfo("angstrom", sorted(NUMBERS), {"energy": target})
    torch.save(PET(hypers, info).get_checkpoint(), path)


def fairchem(path: Path) -> None:
    import torch
    from fairchem.core.units.mlip_unit.api.inference import MLIPInferenceCheckpoint
    from hydra.utils import instantiate

    config = {
        "_target_": "fairchem.core.models.base.HydraModel",
        "backbone": {
            "model": "fairchem.core.models.uma.escn_md.eSCNMDBackbone", "sphere_channels": 8,
            "edge_channels": 8, "hidden_channels": 8, "num_distance_basis": 8, "num_layers": 2,
            "cutoff": 4.0, "otf_graph": True, "direct_forces": False, "regress_forces": True,
            "regress_stress": True, "always_use_pbc": False, "dataset_list": ["omat"],
        },
        "heads": {
            "efs": {"module": "fairchem.core.models.uma.escn_md.MLP_EFS_Head", "prefix": "omat"}
        },
        "pass_through_head_outputs": True,
    }  # fmt: skip
    shapes = {
        "energy": ("system", [1]),
        "forces": ("atom", [3]),
        "stress": ("system", [1, 9]),
    }
    tasks = [
        {
            "_target_": "fairchem.core.units.mlip_unit.mlip_unit.Task",
            "name": f"omat_{name}", "level": level, "property": name, "datasets": ["omat"],
            "out_spec": {
                "_target_": "fairchem.core.units.mlip_unit.mlip_unit.OutputSpec",
                "dim": shape, "dtype": "float32",
            },
            "normalizer": {
                "_target_": "fairchem.core.modules.normalization.normalizer.Normalizer",
                "mean": 0.0, "rmsd": 50.0,
            },
        }
        for name, (level, shape) in shapes.items()
    ]  # fmt: skip
    model = instantiate(config)
    averaged = torch.optim.swa_utils.AveragedModel(model)
    torch.save(
        MLIPInferenceCheckpoint(config, model.state_dict(), averaged.state_dict(), tasks), path
    )


BUILDERS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "mace": ("mace", mace, "random.model"),
    "mattersim": ("mattersim", mattersim, "random.pth"),
    "orb": ("orb_models", orb, "random.ckpt"),
    "upet": ("upet", upet, "random.ckpt"),
    "fairchem": ("fairchem", fairchem, "random.pt"),
}
"""Package, builder and name of the file, by code."""
