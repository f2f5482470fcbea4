"""Builders: plain functions that take and return ``ase.Atoms``; no energies, no files, no state."""

from __future__ import annotations

from heterodot.data.exchange.optimade import to_optimade
from heterodot.data.exchange.pymatgen_objects import to_pymatgen
from heterodot.structures.alloys import (
    ShortRangeOrder,
    anneal_short_range_order,
    quasirandom,
    warren_cowley,
)
from heterodot.structures.chemistry.contacts import contact_distances
from heterodot.structures.chemistry.electrons import (
    FORMAL_CHARGES,
    ElectronCount,
    electron_count,
    formal_charges,
)
from heterodot.structures.clusters import (
    Cage,
    cages,
    check_cluster,
    co2_on_cluster,
    dope,
    largest_void,
    magic_size_cluster,
    metal_cluster,
    place_guest,
    point_group,
    tetrahedral_cluster,
)
from heterodot.structures.core_shell import (
    add_z_ligands,
    core_shell,
    interface_anions,
    keating_parameters,
    oxidize_interface,
    relax_valence_force_field,
    substitute_halide,
    valence_force_field,
)
from heterodot.structures.crystals.crystal import crystal, crystal_entry, crystal_names
from heterodot.structures.crystals.planes import interplanar_angle, interplanar_spacing
from heterodot.structures.crystals.symmetry import distinct_sites, point_group_permutations
from heterodot.structures.crystals.table import CrystalEntry
from heterodot.structures.crystals.vegard import vegard_scaled
from heterodot.structures.defects.notation import Defect, parse_defect
from heterodot.structures.defects.point_defects import (
    antisite_pair,
    apply_defect,
    defect_sites,
    defects_around,
    substitute,
    vacancy,
)
from heterodot.structures.defects.types import defect_type
from heterodot.structures.dots.adsorbates import add_adsorbate, starting_geometries
from heterodot.structures.dots.composition import fill_cations
from heterodot.structures.dots.composition_counts import zcis_fractions
from heterodot.structures.dots.lattice import Facet, cut
from heterodot.structures.dots.orientations import ADSORBATES
from heterodot.structures.dots.passivation import bond_strength_deficits, passivate
from heterodot.structures.dots.pyramids import pyramid
from heterodot.structures.dots.selection import select_sites
from heterodot.structures.dots.sites import SurfaceSite, site_at, surface_sites
from heterodot.structures.enumeration import (
    Configuration,
    Configurations,
    count_configurations,
    enumerate_configurations,
    site_permutations,
)
from heterodot.structures.enumeration.supercells import repeat_crystal
from heterodot.structures.interfaces import (
    Interface,
    JoinOptions,
    SideOptions,
    SlabFaces,
    SlabSize,
    Termination,
    build_interface,
    interface,
    slab,
    terminations,
)
from heterodot.structures.janus import janus
from heterodot.structures.matching import (
    Match,
    Matches,
    MatchOptions,
    SurfaceCell,
    compare_planes,
    match_lattices,
    surface_cell,
)
from heterodot.structures.molecules import molecule
from heterodot.structures.paths.moving import move_atom
from heterodot.structures.pinning import pin

__all__ = [
    "ADSORBATES",
    "FORMAL_CHARGES",
    "Cage",
    "Configuration",
    "Configurations",
    "CrystalEntry",
    "Defect",
    "ElectronCount",
    "Facet",
    "Interface",
    "JoinOptions",
    "Match",
    "MatchOptions",
    "Matches",
    "ShortRangeOrder",
    "SideOptions",
    "SlabFaces",
    "SlabSize",
    "SurfaceCell",
    "SurfaceSite",
    "Termination",
    "add_adsorbate",
    "add_z_ligands",
    "anneal_short_range_order",
    "antisite_pair",
    "apply_defect",
    "bond_strength_deficits",
    "build_interface",
    "cages",
    "check_cluster",
    "co2_on_cluster",
    "compare_planes",
    "contact_distances",
    "core_shell",
    "count_configurations",
    "crystal",
    "crystal_entry",
    "crystal_names",
    "cut",
    "defect_sites",
    "defect_type",
    "defects_around",
    "distinct_sites",
    "dope",
    "electron_count",
    "enumerate_configurations",
    "fill_cations",
    "formal_charges",
    "interface",
    "interface_anions",
    "interplanar_angle",
    "interplanar_spacing",
    "janus",
    "keating_parameters",
    "largest_void",
    "magic_size_cluster",
    "match_lattices",
    "metal_cluster",
    "molecule",
    "move_atom",
    "oxidize_interface",
    "parse_defect",
    "passivate",
    "pin",
    "place_guest",
    "point_group",
    "point_group_permutations",
    "pyramid",
    "quasirandom",
    "relax_valence_force_field",
    "repeat_crystal",
    "select_sites",
    "site_at",
    "site_permutations",
    "slab",
    "starting_geometries",
    "substitute",
    "substitute_halide",
    "surface_cell",
    "surface_sites",
    "terminations",
    "tetrahedral_cluster",
    "to_optimade",
    "to_pymatgen",
    "vacancy",
    "valence_force_field",
    "vegard_scaled",
    "warren_cowley",
    "zcis_fractions",
]
