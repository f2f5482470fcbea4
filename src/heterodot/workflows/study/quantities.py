"""The numbers of each kind of result that go into tables, units in their names."""

from __future__ import annotations

from typing import Any

Values = dict[str, float | str]


def quantities(result: Any) -> Values:
    """Return the numbers (and words) of a workflow's result by name."""
    kind = type(result).__name__
    return {
        "CO2ReductionResult": _co2_reduction,
        "CO2AdsorptionResult": _co2_adsorption,
        "AdsorptionResult": _adsorption,
        "DBandCentreResult": _d_band_centre,
        "BondingResult": _bonding,
        "RelaxationResult": _relaxation,
        "VibrationsResult": _vibrations,
        "InterfaceAdhesionResult": _interface_adhesion,
        "ElectronicStructureResult": _electronic_structure,
        "BandAlignmentResult": _band_alignment,
        "ChargeTransferResult": _charge_transfer,
        "ElectronLocalisationResult": _electron_localisation,
        "ScreeningResult": _screening,
    }[kind](result)


def _co2_reduction(result: Any) -> Values:
    diagram = result.diagram
    levels = zip(diagram.steps[1:], diagram.levels[1:], strict=True)
    values: Values = {f"G({step.label}) (eV)": float(level) for step, level in levels}
    limiting = diagram.limiting_step
    if limiting is not None:
        values["limiting step"] = limiting.label
        values["ΔG of it (eV)"] = limiting.delta_g
        values[f"U_L (V vs {diagram.scale})"] = diagram.limiting_potential
    for name, energy in result.adsorption_energies.items():
        values[f"E_ads({name}) (eV)"] = energy
    values.update(_co2_shape(result.structures["CO2"]))
    values["conditions"] = diagram.conditions
    return values


def _co2_shape(atoms: Any) -> Values:
    from heterodot.workflows.adsorption import co2_shape

    lengths, angle, distance = co2_shape(atoms)
    return {
        "CO2*: shorter C–O (Å)": lengths[0],
        "CO2*: longer C–O (Å)": lengths[1],
        "CO2*: O–C–O (°)": angle,
        "CO2*: to the site (Å)": distance,
    }


def _adsorption(result: Any) -> Values:
    return {"E_ads (eV)": result.energy}


def _co2_adsorption(result: Any) -> Values:
    charges = {f"charge on CO2, {k} (e)": q for k, q in result.charge_on_co2.items()}
    return {**_adsorption(result), **_co2_shape(result.structure), **charges}


def _d_band_centre(result: Any) -> Values:
    values: Values = {}
    for moments in result.moments.values():
        name = moments.label
        window = ""
        if moments.windowed:
            window = f" in {moments.window[0]:g}…{moments.window[1]:g} eV"
        for reference, zero in (("fermi", "E_F"), ("vbm", "VBM")):
            centre = moments.relative_to(reference).centre_occupied
            values[f"{name} centre{window}, occupied − {zero} (eV)"] = centre
        every = moments.relative_to("fermi").centre_all
        values[f"{name} centre{window}, all states − E_F (eV)"] = every
        values[f"{name} width (eV)"] = moments.width
        values[f"{name} skewness"] = moments.skewness
        edge = moments.relative_to("fermi").upper_edge
        values[f"{name} upper edge − E_F (eV)"] = edge
        values[f"{name} filling"] = moments.filling
    states = result.electronic_structure
    values["gap (eV)"] = states.gap
    values["E (eV)"] = result.energy
    return values


def _bonding(result: Any) -> Values:
    values: Values = {}
    for kind in result.kinds:
        values[f"{kind.label} bonds"] = kind.count
        values[f"{kind.label} length (Å)"] = kind.length
        values[f"{kind.label} ICOHP per bond (eV)"] = kind.icohp
        values[f"{kind.label} Mayer order"] = kind.order
    values["gap (eV)"] = result.electronic_structure.gap
    values["E (eV)"] = result.energy
    return values


def _relaxation(result: Any) -> Values:
    return {
        "E (eV)": result.energy,
        "largest force (eV/Å)": result.fmax,
        "geometries": result.n_steps,
    }


def _vibrations(result: Any) -> Values:
    frequencies = result.frequencies
    return {
        "modes": len(frequencies),
        "highest (cm⁻¹)": float(frequencies.max()),
        "lowest (cm⁻¹)": float(frequencies.min()),
        "imaginary": int((frequencies < 0).sum()),
    }


def _interface_adhesion(result: Any) -> Values:
    return {
        "adhesion (J/m²)": result.energy_j_m2,
        "adhesion (eV/Å²)": result.energy,
        "strain energy (eV per formula)": result.strain_energy_per_formula,
        "gap (Å)": result.gap,
        "shift a": result.shift[0],
        "shift b": result.shift[1],
        "area (Å²)": result.area,
        "slabs": "relaxed" if result.relaxed else "rigid",
    }


def _electronic_structure(result: Any) -> Values:
    states = result.electronic_structure
    values: Values = {"gap (eV)": states.gap, "VBM (eV)": states.homo, "CBM (eV)": states.lumo}
    if states.vacuum_level is not None:
        values["vacuum level (eV)"] = states.vacuum_level
    return {**values, "electrons": states.n_electrons, "E (eV)": result.energy}


def _band_alignment(result: Any) -> Values:
    values: Values = {}
    unit = "eV" if result.scale == "vacuum" else "V"
    for face, edge in result.edges.items():
        side = "" if face == "mean" else f", {face} face"
        for name, value in zip(("VBM", "CBM"), edge.on(result.scale, result.ph), strict=True):
            values[f"{name} ({unit} vs {result.scale}{side})"] = value
        values[f"work function{side} (eV)"] = result.work_functions[face]
    for method, alignment in result.alignments.items():
        values[f"type by {method}"] = alignment.type
        values[f"valence offset by {method} (eV)"] = alignment.valence_offset
        values[f"conduction offset by {method} (eV)"] = alignment.conduction_offset
        values[f"uncertainty by {method} (eV)"] = alignment.uncertainty
    values["gap (eV)"] = result.electronic_structure.gap
    return {**values, "E (eV)": result.energy}


def _charge_transfer(result: Any) -> Values:
    values: Values = {
        f"electrons gained by {name}, {kind}": transfer.electrons_gained
        for name, found in result.transfers.items()
        for kind, transfer in found.items()
    }
    if result.moved is not None:
        values["electrons moved by Δρ"] = result.moved
        values["integral of Δρ (e)"] = result.difference.integral
    return {**values, "interaction energy (eV)": result.interaction_energy}


def _electron_localisation(result: Any) -> Values:
    values: Values = {}
    symbols = result.structure.get_chemical_symbols()
    for contact in result.contacts:
        i, j = contact["atom"], contact["other"]
        pair = f"{symbols[i]}{i} to {symbols[j]}{j}"
        values[f"{pair} (Å)"] = contact["distance"]
        values[f"ELF between {pair}"] = contact["elf"]
    return {**values, "E (eV)": result.energy}


def _screening(result: Any) -> Values:
    values: Values = {
        f"candidates at {level}": n for level, n in zip(result.levels, result.counts(), strict=True)
    }
    for upper, found in enumerate(result.correlations, 1):
        pair = f"{result.levels[upper - 1]} against {result.levels[upper]}"
        values[f"Spearman ρ, {pair}"] = found.spearman
        values[f"95 % of ρ from, {pair}"] = found.low
        values[f"95 % of ρ to, {pair}"] = found.high
    values["best"] = result.best.label
    return {**values, "E (eV)": result.best.energies[-1]}
