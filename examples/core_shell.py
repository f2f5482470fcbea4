"""An InP/ZnSe/ZnSeS/ZnS dot: built, relaxed, its interface oxidised and repaired, its surface
capped; the structure and a figure are written to the current folder.

The system of halide diffusion in core/shell dots (Yuan et al., Chem. Sci. 14, 13119 (2023)).
Run: python examples/core_shell.py (about ten seconds)
"""

from __future__ import annotations

from heterodot import provenance
from heterodot.analysis import plot_core_shell, save_figure
from heterodot.structures import (
    add_z_ligands,
    core_shell,
    electron_count,
    oxidize_interface,
    substitute_halide,
)


def main() -> None:
    """Build the dot, print what its builders noted, write structure and figure."""
    dot = core_shell(
        "InP",
        [
            {"material": "ZnSe", "monolayers": 2},
            {"material": "ZnSe", "to": "ZnS", "thickness": 8.0},
            {"material": "ZnS", "monolayers": 1},
        ],
        radius=12.0,
        lattice="relaxed",
        core_termination="cation",
    )
    oxidised = oxidize_interface(dot, fraction=0.3, order="spread")
    repaired = substitute_halide(oxidised, "Cl", fraction=0.5)
    capped = add_z_ligands(repaired, "ZnCl2", coverage=0.6)
    print("\n".join(provenance.notes(capped)))
    print(electron_count(capped).summary())
    capped.write("inp_znse_znses_zns.xyz", format="extxyz")
    figure = plot_core_shell(
        capped,
        caption=f"{capped.get_chemical_formula()}, relaxed by a Keating valence force field; "
        "interface O half replaced by Cl; ZnCl2 on the surface",
    )
    save_figure(figure, "inp_znse_znses_zns")


if __name__ == "__main__":
    main()
