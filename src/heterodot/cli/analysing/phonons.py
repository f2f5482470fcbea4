"""``heterodot analyse --phonons``: bands, states and thermodynamics of phonopy's files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heterodot.cli.analysing.written import Written


def phonons_of(files: Sequence[Path], written: Written) -> None:
    """Three tables of each file, and figures of its bands and of all thermodynamics."""
    from heterodot.analysis.motion.phonons.crystal import WAVENUMBER
    from heterodot.analysis.motion.phonons.files import read_phonopy
    from heterodot.analysis.motion.phonons.plot import plot_phonons, plot_thermodynamics
    from heterodot.analysis.motion.phonons.spectra import (
        phonon_bands,
        phonon_density,
        phonon_mesh,
    )
    from heterodot.analysis.motion.phonons.stability import imaginary_modes
    from heterodot.analysis.motion.phonons.thermodynamics import ROOM, temperature_grid

    drawn = {}
    for file in files:
        crystal = read_phonopy(file)
        bands, mesh = phonon_bands(crystal), phonon_mesh(crystal)
        density = phonon_density(crystal, mesh)
        formula, count = crystal.primitive.symbols.formula.reduce()
        heat = mesh.thermodynamics(temperature_grid()).per(count)
        room = heat.at(ROOM)
        name = f"{written.name(file)}: {formula:metal}"
        written.say(
            f"{file}: {formula:metal}, supercell of {len(crystal.model.supercell)} atoms, up to "
            f"{bands.highest:.3f} THz ({bands.highest * WAVENUMBER:.1f} cm⁻¹)"
        )
        written.say(
            f"  F({ROOM:g} K) {room['F']:.4f} eV, S {1e3 * room['S']:.4f} meV/K, "
            f"Cv {1e3 * room['Cv']:.4f} meV/K per formula"
        )
        rule = crystal.sum_rule
        written.say(
            f"  sum rule: residual {rule.residual:.2g} eV/Å², acoustic modes at Γ up to "
            f"{rule.acoustic * WAVENUMBER:.2g} cm⁻¹ before it was imposed"
        )
        modes = imaginary_modes(crystal, bands)
        for mode in modes:
            how = "" if mode.exact else " (interpolated)"
            written.say(f"  imaginary: {mode}{how}")
        if not modes:
            written.say("  no imaginary modes")
        written.table(file, "bands", bands.rows())
        written.table(file, "dos", density.rows())
        written.table(file, "thermodynamics", heat.rows())
        drawn[name] = heat
        what = "bands" if len(files) == 1 else f"{written.name(file)}.bands"
        written.figure(what, partial(plot_phonons, bands, density, name, "By phonopy"))
    written.figure("thermodynamics", partial(plot_thermodynamics, drawn, "Harmonic"))
