"""Parts of other codes' outputs, written in their layout around known numbers."""

from __future__ import annotations

import re
from pathlib import Path

import ase.test
import numpy as np

FILES = Path(__file__).parent / "files"
"""Outputs of codes that were run for these tests; see the README there."""

ASE_FILES = Path(ase.test.__file__).parent / "testdata"
"""Outputs of codes that ASE's tests ship."""

DIAMOND = ASE_FILES / "vasp" / "vasprun_pstress.xml"
"""VASP 6.3.0: two carbon atoms, 10 k-points, 8 bands, no projections."""

AIMS = ASE_FILES / "aims" / "issue_3345_spin_md_light.out"
"""FHI-aims 221103: a hydrogen atom; states of its first cycle only."""

N_K, N_BANDS, N_IONS = 10, 8, 2

_NAMES = {
    3: ["s", "p", "d"],
    9: ["s", "py", "pz", "px", "dxy", "dyz", "dz2", "dxz", "x2-y2"],
}


def weights_of(n_orbitals: int, seed: int = 3) -> np.ndarray:
    """(k, b, ion, orbital) weights of three digits, as VASP prints them."""
    shape = (N_K, N_BANDS, N_IONS, n_orbitals)
    return np.round(np.random.default_rng(seed).random(shape) / (3 * n_orbitals), 3)


def vasprun_with(weights: np.ndarray) -> str:
    """Return the vasprun.xml of diamond with projections."""
    lines = ["  <projected>", "   <array>"]
    sizes = enumerate(("ion", "band", "kpoint", "spin"), 1)
    lines += [f'    <dimension dim="{i}">{name}</dimension>' for i, name in sizes]
    lines += [f"    <field>{name:>5s} </field>" for name in _NAMES[weights.shape[-1]]]
    lines += ["    <set>", '     <set comment="spin1">']
    for k, bands in enumerate(weights):
        lines.append(f'      <set comment="kpoint {k + 1}">')
        for b, ions in enumerate(bands):
            lines.append(f'       <set comment="band {b + 1}">')
            lines += ["        <r> " + " ".join(f"{x:7.4f}" for x in ion) + " </r>" for ion in ions]
            lines.append("       </set>")
        lines.append("      </set>")
    lines += ["     </set>", "    </set>", "   </array>", "  </projected>"]
    text = DIAMOND.read_text()
    before, after = text.rsplit("</dos>", 1)
    return before + "</dos>\n" + "\n".join(lines) + after


def polarised(text: str, shift: float) -> str:
    """Return a vasprun.xml with a second spin channel, ``shift`` eV higher, and projections."""
    start = text.index('<set comment="spin 1">')
    stop = text.index("</eigenvalues>")
    channel = text[start : text.rindex("</set>", start, text.rindex("</set>", start, stop))]
    channel += "</set>\n"
    rows = re.compile(r"<r>\s*(\S+)\s+(\S+)\s*</r>")
    down = rows.sub(lambda row: f"<r> {float(row[1]) + shift:9.4f} {row[2]} </r>", channel)
    text = text.replace(channel[:-1], channel + down.replace("spin 1", "spin 2"), 1)
    start = text.index('     <set comment="spin1">')
    stop = text.index("    </set>\n   </array>\n  </projected>")
    projected = text[start:stop]
    return text[:stop] + projected.replace("spin1", "spin2") + text[stop:]


def procar(weights: np.ndarray, energies: np.ndarray, k_weights: np.ndarray) -> str:
    """Return a PROCAR of (k, b) energies."""
    names = _NAMES[weights.shape[-1]]
    text = [
        "PROCAR lm decomposed",
        f"# of k-points: {N_K:4d}         # of bands: {N_BANDS:3d}         # of ions: {N_IONS:3d}",
    ]
    for k, bands in enumerate(weights):
        place = f"{k / 20:.8f} 0.00000000 0.00000000"
        text += ["", f" k-point {k + 1:4d} :    {place}     weight = {k_weights[k]:.8f}", ""]
        for b, ions in enumerate(bands):
            filled = 1.0 if b < 4 else 0.0
            text += [f"band {b + 1:3d} # energy {energies[k, b]:14.8f} # occ. {filled:.8f}", ""]
            text += ["ion " + " ".join(f"{name:>6s}" for name in names) + "    tot"]
            rows = [*ions, ions.sum(axis=0)]
            for i, row in enumerate(rows):
                label = f"{i + 1:5d}" if i < N_IONS else "tot  "
                text.append(label + " ".join(f"{x:6.3f}" for x in row) + f" {row.sum():6.3f}")
            text.append("")
    return "\n".join(text) + "\n"


def aims_once() -> str:
    """Return FHI-aims' output of a hydrogen atom with the levels of its first cycle only."""
    text = AIMS.read_text()
    first = text.index("\n", text.index("Overall HOMO-LUMO gap"))
    later = [
        line
        for line in text[first:].split("\n")
        if "HOMO-LUMO gap" not in line and "| Chemical Potential" not in line
    ]
    return text[:first] + "\n".join(later)


ORCA = FILES / "orca" / "oh.out"
"""Output in the layout of ORCA; its numbers are made up."""
