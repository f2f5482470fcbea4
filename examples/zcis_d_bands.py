"""d bands of Zn-doped CuInS2 dots with the copper sites of Types A, B and C, beside published ones.

The systems of Cai et al., ACS Catal. 2023, 13, 15546, as small dots (T3, 8/12). Centre, width,
filling, skewness and upper edge of Cu 3d (and, with GPAW, of In 4d) are printed; the published
centres stand beside them, as published: another structure at another level of theory. "Deficient"
there is Type C here, "stoichiometric" Type A; none is published for Type B.

Run: python examples/zcis_d_bands.py          GFN1-xTB, half a minute; In 4d is core there
     python examples/zcis_d_bands.py --gpaw   GPAW, PBE/dzp LCAO, not relaxed; twelve minutes

What is finished is kept in the folder d_bands; the densities are drawn into d_bands/.
"""

from __future__ import annotations

import sys

from heterodot.analysis import plot_pdos, save_figure
from heterodot.calculators import Level
from heterodot.structures import crystal, defect_type, fill_cations, passivate, pyramid
from heterodot.workflows import DBandCentre, Runner

PUBLISHED = {("A", "Cu"): -2.13, ("C", "Cu"): -1.98, ("A", "In"): -4.16, ("C", "In"): -3.91}
"""d-band centres (eV, vs E_F) as published in ACS Catal. 2023, 13, 15546."""

WINDOW = (-10.0, 2.0)
"""eV vs E_F. In 4d itself lies below: only its tails are inside."""

COLUMNS = (
    "type  band   occupied vs E_F  vs VBM  all vs E_F  width  skewness  edge  filling  published"
)


def main() -> None:
    """Build the three dots, calculate them, print a table."""
    gpaw = "--gpaw" in sys.argv[1:]
    level = Level("gpaw") if gpaw else Level("gfn1-xtb")
    elements = ("Cu", "In") if gpaw else ("Cu",)
    host = fill_cations(
        pyramid(crystal("CuInS2"), 3, truncate_corners="apex", apex="Cu"), "8/12", seed=12
    )
    flags: list[str] = []
    densities, moments = {}, {}
    print(f"{level.label}; window {WINDOW[0]:g} to {WINDOW[1]:g} eV vs E_F; energies in eV")
    print(COLUMNS)
    with Runner("d_bands", workers=1) as runner:
        for kind in "ABC":
            dot = passivate(defect_type(host, kind))
            found = DBandCentre(
                dot, level, elements, window=WINDOW, relax=not gpaw, name=f"Type {kind}"
            ).run(runner)
            for element, band in found.moments.items():
                published = PUBLISHED.get((kind, element))
                vbm = band.relative_to("vbm")
                print(
                    f"{kind:<5} {band.label:<6} {band.centre_occupied:>15.2f} "
                    f"{vbm.centre_occupied:>7.2f} {band.centre_all:>11.2f} {band.width:>6.2f} "
                    f"{band.skewness:>9.2f} {band.upper_edge:>5.2f} {band.filling:>8.2f} "
                    + (f"{published:>10.2f}" if published is not None else f"{'–':>10}")
                )
            densities[f"Type {kind}"] = found.densities()
            moments[f"Type {kind}"] = found.marked_moments()
            flags += [f"Type {kind}: {flag}" for flag in found.flags]
    print("\n".join(flags))
    save_figure(plot_pdos(densities, moments), f"d_bands/{'gpaw' if gpaw else 'gfn1'}")


if __name__ == "__main__":
    main()
