"""A species: one entry with all that is known of it; here formyl, HCO.

In heterodot itself it is an entry of ``heterodot/data/species/table.py``; a package of your own
calls ``add_species`` when it is imported. What is left out (here measured data and corrections) is
missed, in one line, only by who needs it. Tests hold every entry of the table to its formula, the
point group of its geometry, its electrons and its shape.
"""

import numpy as np
from ase.cluster import Octahedron

from heterodot.analysis import ideal_gas
from heterodot.data.species import Geometry, IdealGas, Orientation, Species, add_species
from heterodot.structures import add_adsorbate, molecule

ANGLE = np.radians(124.95)  # H–C–O

FORMYL = Species(
    "HCO",
    geometry=Geometry(
        "COH",
        (
            (0.0, 0.0, 0.0),
            (0.0, 0.0, 1.175),
            (1.125 * np.sin(ANGLE), 0.0, 1.125 * np.cos(ANGLE)),
        ),
        "J. M. Brown and D. A. Ramsay, Can. J. Phys. 1975, 53, 2232",
    ),
    # the ways it stands on a site, the usual one first: z points away from the site, atom 0 binds
    orientations=(
        Orientation(
            "C-down",
            ("C", "O", "H"),
            np.array([(0.0, 0.0, 0.0), (1.05, 0.0, 0.6), (-0.95, 0.0, 0.57)]),
            binding=0,
        ),
    ),
    ideal_gas=IdealGas(symmetry_number=1, geometry="nonlinear", spin=0.5),
)
add_species(FORMYL)

if __name__ == "__main__":
    copper = Octahedron("Cu", 3, cutoff=1)
    adsorbed = add_adsorbate(copper, 1, "HCO")
    assert len(adsorbed) == len(copper) + 3
    gas = ideal_gas(0.0, [1081.0, 1868.0, 2434.0], molecule("HCO"), "HCO")
    entropy = gas.entropy * 96485.3  # J/mol/K
    assert abs(entropy - 224.65) < 0.5  # NIST-JANAF, 4th ed. (1998)
    print(f"{adsorbed.get_chemical_formula()}; S°(HCO) = {entropy:.1f} J/mol/K")
