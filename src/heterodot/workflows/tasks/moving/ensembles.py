"""The equations of motion, ASE's, by ensemble; their whole state as numbers, and back.

NVE: velocity Verlet. NVT: Langevin (E. Vanden-Eijnden, G. Ciccotti, Chem. Phys. Lett. 429, 310
(2006)), stochastic velocity rescaling (G. Bussi, D. Donadio, M. Parrinello, J. Chem. Phys. 126,
014101 (2007)), Nosé–Hoover chains (G. J. Martyna, M. L. Klein, M. E. Tuckerman, J. Chem. Phys. 97,
2635 (1992)). NPT: G. J. Martyna, D. J. Tobias, M. L. Klein, J. Chem. Phys. 101, 4177 (1994), with
one length or the whole cell free.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms, units

from heterodot.workflows.tasks.moving.start import degrees_of_freedom, is_held

NVE, LANGEVIN, CSVR, NOSE_HOOVER = "nve", "langevin", "csvr", "nose-hoover"
NPT_ISOTROPIC, NPT = "npt-isotropic", "npt"
ENSEMBLES = (NVE, LANGEVIN, CSVR, NOSE_HOOVER, NPT_ISOTROPIC, NPT)
BAROSTATS = (NPT_ISOTROPIC, NPT)
EXTENDED = (NOSE_HOOVER, *BAROSTATS)
"""Those that know no constraints but whole atoms held (the first), or none (the others)."""

_CHAIN = 3


@dataclass(frozen=True)
class Ensemble:
    """What is held: nothing, a temperature, a pressure.

    Attributes
    ----------
    name : str
        One of :data:`ENSEMBLES`.
    timestep : float
        fs.
    temperature : float
        K.
    damping : float
        Time of the thermostat, fs.
    pressure : float
        GPa.
    pressure_damping : float
        Time of the barostat, fs.
    """

    name: str
    timestep: float
    temperature: float
    damping: float
    pressure: float
    pressure_damping: float

    @property
    def keeps_rotation(self) -> bool:
        """Whether a finite structure at rest stays at rest."""
        return self.name != LANGEVIN

    def integrator(self, atoms: Atoms, rng: np.random.Generator) -> Any:
        """Return ASE's integrator of a structure with momenta and a calculator."""
        step, damping = self.timestep * units.fs, self.damping * units.fs
        heat = {"temperature_K": self.temperature}
        if self.name == NVE:
            from ase.md.verlet import VelocityVerlet

            return VelocityVerlet(atoms, step)
        if self.name == LANGEVIN:
            from ase.constraints import FixCom
            from ase.md.langevin import Langevin

            if not is_held(atoms):
                atoms.set_constraint([*atoms.constraints, FixCom()])
            return Langevin(atoms, step, friction=1 / damping, fixcm=False, rng=rng, **heat)
        dof = degrees_of_freedom(atoms, self.keeps_rotation)
        if self.name == CSVR:
            from ase.md.bussi import Bussi

            bussi = Bussi(atoms, step, taut=damping, rng=rng, **heat)
            bussi.ndof, bussi.target_kinetic_energy = dof, dof * units.kB * self.temperature / 2
            return bussi
        return self._extended(atoms, step, damping, dof)

    def _extended(self, atoms: Atoms, step: float, damping: float, dof: int) -> Any:
        """Return an integrator with a Nosé–Hoover chain, told the degrees of freedom there are.

        ASE's own counts three for each atom, also where the whole is at rest: too hot by 3/3N.
        """
        from ase.md import nose_hoover_chain as ase_md

        heat = {"temperature_K": self.temperature, "tdamp": damping}
        if self.name == NOSE_HOOVER:
            found: Any = ase_md.NoseHooverChainNVT(atoms, step, tchain=_CHAIN, **heat)
        else:
            make = ase_md.IsotropicMTKNPT if self.name == NPT_ISOTROPIC else ase_md.MTKNPT
            pressing = {
                "pressure_au": self.pressure * units.GPa,
                "pdamp": self.pressure_damping * units.fs,
            }
            found = make(atoms, step, **heat, **pressing)
        found._thermostat = ase_md.NoseHooverChainThermostat(  # noqa: SLF001 - no other way in
            dof / 3, found.masses, tchain=_CHAIN, **heat
        )
        return found

    def conserved(self, integrator: Any, energy: float, kinetic: float) -> float:
        """Return what the equations of motion keep, eV; NaN for Langevin's, which keep nothing.

        Parameters
        ----------
        integrator
            ASE's.
        energy, kinetic : float
            Potential (consistent with the forces) and kinetic energy, eV.
        """
        if self.name == LANGEVIN:
            return float("nan")
        if self.name == CSVR:
            return float(energy + kinetic - integrator.transferred_energy)
        if self.name in EXTENDED:
            return float(integrator.get_conserved_energy())
        return energy + kinetic


_PARTS = ("", "_thermostat", "_barostat")


def state_of(integrator: Any, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return everything a dynamics goes on from: numbers of the integrator, atoms, generator."""
    atoms = integrator.atoms
    found = {
        "atoms positions": atoms.positions.copy(),
        "atoms momenta": atoms.get_momenta(),
        "atoms cell": atoms.cell.array.copy(),
        "rng": np.array(json.dumps(rng.bit_generator.state)),
    }
    for part in _PARTS:
        for name, value in _numbers(getattr(integrator, part, None) if part else integrator):
            found[f"{part} {name}"] = np.array(value)
    return found


def restore(integrator: Any, rng: np.random.Generator, state: Mapping[str, np.ndarray]) -> None:
    """Put an integrator, its atoms and the generator where :func:`state_of` found them."""
    atoms = integrator.atoms
    atoms.set_cell(state["atoms cell"])
    atoms.arrays["positions"][:] = state["atoms positions"]
    atoms.set_momenta(state["atoms momenta"], apply_constraint=False)
    rng.bit_generator.state = json.loads(str(state["rng"]))
    for part in _PARTS:
        holder = getattr(integrator, part, None) if part else integrator
        for name, value in _numbers(holder):
            kept = state[f"{part} {name}"]
            setattr(holder, name, kept.copy() if isinstance(value, np.ndarray) else float(kept))


def _numbers(holder: Any) -> list[tuple[str, Any]]:
    """Return the attributes of an integrator that are floats, or arrays of them."""
    if holder is None:
        return []
    return [
        (name, value)
        for name, value in vars(holder).items()
        if isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
    ]
