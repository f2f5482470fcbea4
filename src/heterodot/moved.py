"""Names of modules before they were moved into folders: valid for one version, with a warning.

``import heterodot.analysis.pdos`` and a task pickled by an earlier version find the module where
it is now. The public names of the packages (``heterodot.analysis.density_of_states``) are the ones
that stay.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_FOLDERS = {
    "": """
        analysis.arguments>checks structures.checks>checks structures.core_shell.checks>checks
    """,
    "data": """
        analysis.density analysis.density_files analysis.electronic_structure analysis.flags
        analysis.frontier analysis.grid analysis.local_orbitals analysis.localisation
        analysis.vasp_grid analysis.tetrahedron
    """,
    "analysis.bands": """
        analysis.band_centre>centre analysis.broadening analysis.compare_dos analysis.deep_level
        analysis.pdos analysis.plot_bands>plot analysis.plot_layers analysis.selection
    """,
    "analysis.bonding": """
        analysis.bond_curves>curves analysis.bond_table>table analysis.bonding>integrals
        analysis.lobster analysis.orbital_pairs analysis.pair_matrix
    """,
    "analysis.charges": """
        analysis.charges>transfer analysis.hirshfeld analysis.plot_density>plot
    """,
    "analysis.thermo": """
        analysis.che analysis.external_modes analysis.free_energy analysis.gas_phase
        analysis.gas_references analysis.labels analysis.pathway analysis.plot_diagram>plot
        analysis.report
    """,
    "analysis.vibrations": """
        analysis.internal_motion analysis.plot_spectrum>plot
    """,
    "analysis.alignment": """
        analysis.alignment>lineup analysis.macroscopic analysis.plot_alignment>plot analysis.redox
    """,
    "analysis.geometry": """
        analysis.coordination analysis.local_order analysis.plot_local_order analysis.plot_matches
        analysis.radial
    """,
    "analysis.diffraction": """
        analysis.diffraction>powder analysis.pair_sums analysis.pair_transform
        analysis.plot_diffraction>plot analysis.scattering
    """,
    "analysis.screening": """
        analysis.ranking
    """,
    "analysis.figures": """
        analysis.isosurface analysis.pictures analysis.rendering analysis.style analysis.view
    """,
    "calculators.gpaw": """
        calculators.gpaw>code calculators.gpaw_box>box calculators.gpaw_criteria>criteria
        calculators.gpaw_density>density calculators.gpaw_divergence>divergence
        calculators.gpaw_errors>errors calculators.gpaw_extrapolation>extrapolation
        calculators.gpaw_local_orbitals>local_orbitals calculators.gpaw_localisation>localisation
        calculators.gpaw_memory>memory calculators.gpaw_orbitals>orbitals
        calculators.gpaw_potential>potential calculators.gpaw_restart>restart
        calculators.gpaw_settings>settings calculators.pseudo_hydrogen
    """,
    "calculators.xtb": """
        calculators.xtb>code calculators.xtb_calculator>calculator
        calculators.xtb_orbitals>orbitals calculators.xtb_parameters>parameters
        calculators.xtb_solvation>solvation
    """,
    "calculators.ase": """
        calculators.configured calculators.emt calculators.generic calculators.identity
    """,
    "structures.chemistry": """
        structures.contacts structures.coulomb structures.dangling structures.electrons
        structures.ewald structures.joints structures.oxidation structures.shells structures.ties
    """,
    "structures.crystals": """
        structures.crystal_table>table structures.crystals>crystal structures.elastic_constants
        structures.files structures.given structures.stated structures.symmetry structures.vegard
    """,
    "structures.defects": """
        structures.defect_pairs>pairs structures.defect_types>types
        structures.defects>point_defects structures.notation
    """,
    "structures.dots": """
        structures.adsorbates structures.composition structures.composition_text structures.facets
        structures.halfspaces structures.lattice structures.orientations structures.passivation
        structures.pyramids structures.selection structures.sites structures.slots
    """,
    "structures.force_field": """
        structures.core_shell.bond_network structures.core_shell.keating_energy
        structures.core_shell.relaxation
    """,
    "structures.recipes": """
        workflows.study.checking workflows.study.parameters workflows.study.steps>grammar
        workflows.study.yamlfile
    """,
    "structures.clusters.guests": """
        structures.clusters.hosts structures.clusters.supports structures.clusters.voids
    """,
    "calculators": """
        workflows.ranks>mpi
    """,
    "workflows.tasks": """
        workflows.arguments workflows.density workflows.tasks workflows.task_kinds>kinds
    """,
    "workflows.tasks.computing": """
        workflows.accuracy>forces workflows.attachment workflows.cost workflows.displacements
        workflows.finite_differences workflows.forces workflows.ladder workflows.optimization
        workflows.preconditioning workflows.recording workflows.serialization
        workflows.spin_choice
    """,
    "workflows.store": """
        workflows.archives workflows.believing workflows.guesses workflows.index
        workflows.jobs.processes workflows.leftovers workflows.locks workflows.store
        workflows.study.progress
    """,
    "workflows.running": """
        workflows.block_executor workflows.driving workflows.execution workflows.executors
        workflows.forking workflows.lost_workers workflows.parsl_executor workflows.runner
        workflows.slurm_executor workflows.worker
    """,
    "workflows.running.batch": """
        workflows.jobs.drivers workflows.jobs.ledger workflows.jobs.script workflows.jobs.slurm
        workflows.profile workflows.resources
    """,
    "workflows.parts": """
        workflows.candidates workflows.fragments workflows.gas workflows.gates workflows.results
        workflows.reduction_values>path_values
    """,
    "workflows.questions": """
        workflows.adsorption workflows.band_alignment workflows.bonding workflows.charge_transfer
        workflows.co2_reduction>reaction workflows.d_band workflows.electronic workflows.interface
        workflows.interface_scan workflows.localisation
        workflows.relaxation workflows.screening workflows.screening_candidates
    """,
    "workflows.study": """
        workflows.export
    """,
}
"""New package: the modules that are in it now, by their names of before (``old>new`` where the last
part changed); all within ``heterodot``."""


def _table() -> dict[str, str]:
    table = {}
    for package, listed in _FOLDERS.items():
        for entry in listed.split():
            old, _, new = entry.partition(">")
            last = new or old.rpartition(".")[2]
            table[f"heterodot.{old}"] = f"heterodot.{package}.{last}".replace("..", ".")
    return table


MOVED = _table()
"""Old name of a module: the new one."""


def _warn(old: str, new: str) -> None:
    warnings.warn(
        f"{old} is now {new}; the old name goes with the next version",
        DeprecationWarning,
        stacklevel=3,
    )


class _Handing(Loader):
    """Gives the module of the new name under the old one."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[module.__name__] = import_module(MOVED[module.__name__])


class _Finder(MetaPathFinder):
    """Asked last, for modules that are nowhere else."""

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        if name not in MOVED:
            return None
        _warn(name, MOVED[name])
        return ModuleSpec(name, _Handing())


def register() -> None:
    """Let the old names be found; once."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def names_of(package: str) -> Callable[[str], Any]:
    """Return ``__getattr__`` of a package that has the name of a module of before.

    ``from heterodot.workflows.store import Store`` finds it in ``heterodot.workflows.store.store``.
    """

    def find(name: str) -> Any:
        own = name.startswith("__") or find_spec(f"{package}.{name}") is not None
        if not own and hasattr(import_module(MOVED[package]), name):
            _warn(f"{package}.{name}", f"{MOVED[package]}.{name}")
            return getattr(import_module(MOVED[package]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
