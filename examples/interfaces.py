"""Interfaces of perovskites, sulfides, titania and silver, each with its strain and a picture.

CsPbBr3/CdS in the two readings of the relation published for the Janus nanocrystals (Qiu et al.,
Adv. Sci. 2023, 2206560), CsPbCl3/CdS, CsPbI3/CdS, CsPbBr3/ZnS as found, CdS/TiO2 with a copper
dopant, and MoS2 on Ag(111). The copper is Cu_Ti alone, three formal charges short, as its note
says: before anything is calculated it wants oxygen vacancies or a charge. Structures (extxyz) and
figures (PNG, SVG) go to interfaces/.
Run: python examples/interfaces.py (about a minute)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis import plot_interface, save_figure
from heterodot.provenance import details, notes
from heterodot.structures import interface, substitute

FOLDER = Path("interfaces")

FIRST_READING = "(100)f || (2-1-1)s, [001]f || [111]s"
"""(100) of CsPbBr3 on (2-1-1) of CdS, with [001] along [111]; Pbnm axes."""

SECOND_READING = "pseudo-cubic:{220}f || {220}s"
"""{220} planes on each other, those of CsPbBr3 in its pseudo-cubic axes."""

CUBIC: dict[str, Any] = {
    "film_miller": (1, 1, 0),
    "substrate_miller": (1, 1, 0),
    "film_layers": 8,
    "film_polarity": "compensate",
}

SYSTEMS: dict[str, dict[str, Any]] = {
    "CsPbBr3_CdS_first": {
        "film": "CsPbBr3", "substrate": "CdS", "relation": FIRST_READING, "max_area": 700,
        "film_layers": 8, "film_polarity": "compensate",
    },
    "CsPbBr3_CdS_second": {
        "film": "CsPbBr3", "substrate": "CdS", "relation": SECOND_READING,
        "substrate_thickness": 9.0, "film_layers": 8, "film_polarity": "compensate",
    },
    "CsPbCl3_CdS": {"film": "CsPbCl3-cubic", "substrate": "CdS", **CUBIC},
    "CsPbI3_CdS": {"film": "CsPbI3-cubic", "substrate": "CdS", **CUBIC},
    "CsPbBr3_ZnS": {
        "film": "CsPbBr3", "substrate": "ZnS", "relation": SECOND_READING, "max_strain": 0.09,
        "max_area": 120, "film_layers": 8, "film_polarity": "compensate",
    },
    "CsPbBr3_ZnS_coincidence": {
        "film": "CsPbBr3", "substrate": "ZnS", "relation": SECOND_READING, "max_area": 400,
        "film_layers": 8, "film_polarity": "compensate",
    },
    "CdS_TiO2_Cu": {
        "film": "CdS", "substrate": "TiO2-anatase", "film_miller": (1, 1, 0),
        "substrate_miller": (1, 0, 1), "film_thickness": 6.0, "substrate_layers": 2,
    },
    "MoS2_Ag": {
        "film": "MoS2", "substrate": "Ag", "film_miller": (0, 0, 1),
        "substrate_miller": (1, 1, 1), "film_layers": 1, "substrate_layers": 4,
    },
}  # fmt: skip


def with_copper(atoms: Atoms) -> Atoms:
    """Put Cu on the Ti nearest to the film."""
    titanium = np.flatnonzero(atoms.numbers == 22)
    return substitute(atoms, int(titanium[atoms.positions[titanium, 2].argmax()]), "Cu")


def main() -> None:
    """Build each interface, say what it is, write it and draw it."""
    FOLDER.mkdir(exist_ok=True)
    for name, choices in SYSTEMS.items():
        atoms = interface(**choices)
        if name.endswith("_Cu"):
            atoms = with_copper(atoms)
        record = details(atoms)["interface"]
        strain = " and ".join(f"{100 * e:+.2f} %" for e in record["strain"])
        print(f"{name}: {len(atoms)} atoms, {record['area']:.1f} Å²")
        print("".join(f"  {note}\n" for note in notes(atoms)), end="")
        atoms.write(FOLDER / f"{name}.xyz", format="extxyz")
        figure = plot_interface(
            atoms,
            caption=f"{record['film']['plane']} on {record['substrate']['plane']}: {len(atoms)} "
            f"atoms, {record['area']:.1f} Å², strain of the film {strain}, rigid slabs",
        )
        save_figure(figure, FOLDER / name)


if __name__ == "__main__":
    main()
