"""Every ``heterodot build`` goes by the steps of a study: the same steps give the same file."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.io import read, write
from ase.spacegroup import crystal as from_sites

from heterodot.cli import main
from heterodot.cli.building.commands import app


def _build(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["build", *map(str, words)])
    return int(left.value.code)


ALPHA = "anneal_short_range_order: {targets: {Cu-In: [0.1, null]}, swaps: 500}"
PAIRS = {
    "crystal": (("CuInS2",), ("crystal: CuInS2",)),
    "pyramid": (
        ("--base", 3, "--passivate", "H"),
        ("pyramid: {crystal: CuInS2, base: 3}", "passivate: H"),
    ),
    "slab": (
        ("CdS", "111", "--layers", 8, "--repeat", "2x2", "--polarity", "compensate"),
        ("slab: {crystal: CdS, miller: '111', layers: 8, repeat: [2, 2], polarity: compensate}",),
    ),
    "slab, charges": (
        ("oxide.cif", "001", "--layers", 4, "--charges", "Fe=2,O=-2"),
        (
            "slab: {crystal: oxide.cif, miller: '001', layers: 4, "
            "formal_charges: {Fe: 2, O: -2}}",
        ),
    ),
    "interface": (
        ("MoS2", "MoS2", "--film-miller", "001", "--substrate-miller", "001", "--film-layers", 1,
         "--substrate-layers", 1, "--grid", "2x2", "--strained", "shared"),
        ("interface: {film: MoS2, substrate: MoS2, film_miller: '001', substrate_miller: '001', "
         "film_layers: 1, substrate_layers: 1, grid: [2, 2], matching: {strained: shared}}",),
    ),
    "alloy": (
        ("ZnS", "--supercell", 2, "--composition", "Zn=0.5,Cd=0.5", "--iterations", 500),
        ("quasirandom: {crystal: ZnS, supercell: 2, composition: {Zn: 0.5, Cd: 0.5}, "
         "iterations: 500}",),
    ),
    "alloy, order": (
        ("CuInS2", "--supercell", "2x2x1", "--target", "Cu-In=0.1,-", "--iterations", 500),
        ("crystal: CuInS2", "repeat_crystal: {supercell: [2, 2, 1]}", ALPHA),
    ),
    "core-shell": (
        ("--radius", 7, "--shell", "ZnSe:1ml", "--oxide", 0.4, "--halide", "Cl:0.5", "--ligand",
         "ZnCl2:0.5"),
        ("core_shell: {core: InP, shells: ['ZnSe:1ml'], radius: 7}",
         "oxidize_interface: {fraction: 0.4}", "substitute_halide: {halogen: Cl, fraction: 0.5}",
         "add_z_ligands: {ligand: ZnCl2, coverage: 0.5}"),
    ),
    "janus": (
        ("--edge", 25, "--radius", 8),
        ("janus: {a: CsPbBr3, b: CdS, edge: 25, radius: 8}",),
    ),
    "cluster": (("CdSe", 34), ("magic_size_cluster: {compound: CdSe, n: 34}",)),
    "cluster, metal": (
        ("Cu", 6, "--charge", -1, "--adsorbate", "CO2"),
        ("metal_cluster: {metal: Cu, n: 6, charge: -1}", "co2_on_cluster: {}"),
    ),
    "cluster, tetrahedron": (
        ("CdSe", "--layers", 3, "--passivate", "Cl"),
        ("tetrahedral_cluster: {crystal: CdSe, layers: 3, passivant: Cl}",),
    ),
    "guest": (
        ("drum.xyz", "frame.cif", "--site", "4,11,18", "--remove", "20"),
        ("magic_size_cluster: {compound: CdSe, n: 6}",
         "place_guest: {host: frame.cif, site: [4, 11, 18], remove: [20]}"),
    ),
    "adsorbate": (
        ("copper.xyz", "--site", 1, "--adsorbate", "CO"),
        ("metal_cluster: {metal: Cu, n: 4}", "add_adsorbate: {site: 1, adsorbate: CO}"),
    ),
}  # fmt: skip
"""Command: what it is told, and the same as steps."""


def test_every_command_is_compared():
    told = {command.name for command in app.registered_commands}
    others = {"steps", "system", "terminations"}  # the steps themselves; a study's; a list
    assert {name.partition(",")[0] for name in PAIRS} == told - others


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    steps = np.arange(8) / 8
    points = np.unique(np.vstack([np.outer(steps, e) for e in np.eye(3)]), axis=0)
    frame = Atoms("C" * len(points), scaled_positions=points, cell=[26, 26, 26], pbc=True)
    write("frame.cif", frame)
    sites, cell = [(0, 0, 0.3553), (0.3059, 0, 0.25)], [5.038, 5.038, 13.772, 90, 90, 120]
    write("oxide.cif", from_sites(["Fe", "O"], sites, spacegroup=167, cellpar=cell))
    assert _build("cluster", "CdSe", 6, "-o", "drum.xyz") == 0
    assert _build("cluster", "Cu", 4, "-o", "copper.xyz") == 0


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("name", PAIRS)
def test_steps_give_the_file_of_the_command(name, tmp_path, capsys):
    words, steps = PAIRS[name]
    capsys.readouterr()
    assert _build(name.partition(",")[0], *words, "-o", "command.xyz") == 0
    said = capsys.readouterr().out
    assert _build("steps", *steps, "-o", "steps.xyz") == 0
    assert capsys.readouterr().out == said.replace("command.xyz", "steps.xyz")
    command, by_steps = (tmp_path / f"{which}.xyz" for which in ("command", "steps"))
    one, other = read(command), read(by_steps)
    assert other.info == one.info
    assert other.positions == pytest.approx(one.positions, abs=1e-7)
    if name != "guest":  # its cluster comes from a file, to eight decimals
        assert by_steps.read_bytes() == command.read_bytes()


@pytest.mark.usefixtures("files")
def test_the_site_of_a_guest_is_one_of_the_host(capsys):
    """The cluster has 12 atoms, the framework more: 17 is one of its."""
    step = "place_guest: {host: frame.cif, site: {element: C}}"
    assert _build("steps", "magic_size_cluster: {compound: CdSe, n: 6}", step, "-o", "x.xyz") == 2
    assert "site" in capsys.readouterr().err
