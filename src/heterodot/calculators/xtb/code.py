"""GFN1-xTB and GFN2-xTB through tblite.

GFN1: S. Grimme, C. Bannwarth, P. Shushkov, J. Chem. Theory Comput. 13, 1989 (2017),
doi:10.1021/acs.jctc.7b00118. GFN2: C. Bannwarth, S. Ehlert, S. Grimme, J. Chem. Theory Comput.
15, 1652 (2019), doi:10.1021/acs.jctc.8b01176.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.calculators.blas import BlasReport
from heterodot.calculators.capabilities import (
    Availability,
    Capabilities,
    Effort,
    LocalOrbitalReadout,
    OrbitalReadout,
    Recovery,
)
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.registry import Code
from heterodot.calculators.spin import (
    MOMENT_TOLERANCE,
    SpinState,
    has_moments,
    integer_charge,
    spin_state,
)
from heterodot.calculators.translation import one_line, translate_common
from heterodot.calculators.xtb import parameters
from heterodot.calculators.xtb.blas import preload_openblas
from heterodot.calculators.xtb.orbitals import read_electronic_structure, read_local_orbitals
from heterodot.calculators.xtb.solvation import check_solvation
from heterodot.errors import (
    CalculationError,
    ConvergenceError,
    LevelError,
    MissingDependencyError,
    RefusedError,
)

INSTALL_HINT = "pip install tblite"
DAMPED = 0.1
"""Mixer damping of the first remedies of an SCF that did not converge."""

WARM, HOT = 1000.0, 2000.0
"""Electronic temperatures (K) of the last ones."""

KEYWORDS = {
    "accuracy": Keyword(
        (float,), "scales the SCF thresholds; smaller is tighter", minimum=1e-4, maximum=1e3
    ),
    "electronic_temperature": Keyword(
        (float,), "electronic temperature, K", minimum=0.0, maximum=1e5
    ),
    "max_iterations": Keyword((int,), "largest number of SCF cycles", minimum=1, maximum=1e5),
    "mixer": Keyword((str,), "SCF mixer", choices=("broyden",)),
    "mixer_memory": Keyword((int,), "mixer history, 0 = all cycles", minimum=0, maximum=1e5),
    "mixer_damping": Keyword((float,), "mixer damping", positive=True, maximum=1.0),
    "guess": Keyword((str,), "starting charges", choices=("sad", "eeq", "eeqbc")),
    "multiplicity": Keyword((int, str), "2S + 1, or auto", minimum=1, choices=("auto",)),
    "spin_polarization": Keyword(
        (float,),
        "scale of the exchange energy between unpaired electrons",
        minimum=0.0,
        maximum=10.0,
    ),
    "solvation": Keyword(
        (list, type(None)), "[model, solvent or dielectric constant]", check=check_solvation
    ),
}
_REFUSED_KEYWORDS = {
    "electric_field": "tblite 0.8 ignores or breaks on electric fields; use gpaw for fields",
    "annealing": "tblite 0.8 does not converge with it; raise electronic_temperature and report it",
    "dispersion": "it is part of the method (GFN1: D3(BJ), GFN2: D4); leave it out",
    "verbosity": "output is always off",
    "xtb_config": "not part of heterodot's interface; use Level.from_ase('tblite.ase:TBLite')",
}
_RENAMED = {"temperature": "electronic_temperature", "etemp": "electronic_temperature"}

GENERAL_CAVEAT = "xTB is a test engine and pre-relaxer for these systems, not a source of chemistry"
GAMMA_CAVEAT = (
    "periodic xTB sees the Γ point only: energies and gaps of small cells are not converged"
)
SLAB_CAVEAT = (
    "xTB calculates every direction as periodic, this one's vacuum included: energies move by "
    "0.1 eV and more with its thickness"
)


class XTB(Code):
    """What GFN1- and GFN2-xTB share."""

    method: ClassVar[str]
    protocol_file = "xtb"
    cheap = True
    keywords = KEYWORDS
    capabilities = Capabilities(
        charge=True, spin=True, stress=True, elements=parameters.ELEMENTS, native=True,
        orbitals=OrbitalReadout(read_electronic_structure),
        local_orbitals=LocalOrbitalReadout(read_local_orbitals),
    )  # fmt: skip
    packages = ("tblite",)

    def coerce(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Check the overrides; tblite itself would accept any name and any value."""
        for name in overrides:
            if name in _REFUSED_KEYWORDS:
                raise LevelError(f"{self.name}: {name}: {_REFUSED_KEYWORDS[name]}")
            if name in _RENAMED:
                raise LevelError(
                    f"{self.name}: unknown keyword {name!r}, did you mean {_RENAMED[name]!r}?"
                )
        return super().coerce(overrides)

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return method, electronic temperature and solvent."""
        text = f"{self.method}, {settings['electronic_temperature']:g} K"
        if settings.get("solvation"):
            text += f", {' '.join(str(x) for x in settings['solvation'])}"
        return text

    def known_as(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the solvent alone: the method is the code's name."""
        return {"solvation": settings["solvation"]} if settings.get("solvation") else {}

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Say what xTB may not be believed for with this structure."""
        errors = self.measured_errors(settings)
        found = [f"{GENERAL_CAVEAT}: {errors}" if errors else GENERAL_CAVEAT]
        symbols = sorted({str(s) for s in atoms.symbols})
        metals = [s for s in symbols if s in parameters.D_METALS_WITHOUT_VALENCE_D]
        if metals:
            centres = "its d-band centre is" if len(metals) == 1 else "their d-band centres are"
            found.append(
                f"No valence d shell in xTB for {', '.join(metals)} (a d function there is an "
                f"empty polarisation shell): {centres} meaningless"
            )
        if atoms.pbc.any():
            found.append(GAMMA_CAVEAT)
        if atoms.pbc.any() and not atoms.pbc.all():
            found.append(SLAB_CAVEAT)
        if settings["electronic_temperature"] > 300.0:
            found.append(
                f"electrons at {settings['electronic_temperature']:g} K: fractional occupations "
                "and an electronic entropy in the energy"
            )
        return tuple(found)

    def check(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:
        """Refuse what tblite would compute wrongly or die of."""
        if settings.get("solvation") and atoms.pbc.any():
            raise RefusedError(
                f"{self.name}: implicit solvation with a periodic cell is wrong by eV in tblite: "
                "expected a finite structure (pbc False) or no solvation"
            )
        found = super().check(atoms, settings)
        if atoms.pbc.any() and not (np.linalg.norm(atoms.cell.array, axis=1) > 1e-3).all():
            raise RefusedError(
                f"{self.name}: tblite treats every direction as periodic when one is: give the "
                "cell a third vector with vacuum, or set pbc False"
            )
        return found

    def _spin(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:
        charge = integer_charge(atoms)
        electrons = parameters.count_valence(atoms.numbers)
        room = 2 * parameters.count_orbitals(atoms.numbers, self.method)
        if electrons - charge > room:
            raise RefusedError(
                f"charge {charge:+d} puts {electrons - charge} electrons into {self.name}'s "
                f"{room // 2} orbitals, which hold {room}: expected a charge of at least "
                f"{electrons - room:+d}"
            )
        state = spin_state(atoms, settings.get("multiplicity", "auto"), electrons)
        if (electrons - charge + state.n_unpaired) > room:
            raise RefusedError(
                f"multiplicity {state.multiplicity} needs more orbitals than the {room // 2} of "
                f"{self.name}: expected a lower one"
            )
        if has_moments(atoms):
            self._check_moments(atoms, state)
        return state

    def _check_moments(self, atoms: Atoms, state: SpinState) -> None:
        """Refuse moments that a number of unpaired electrons cannot say."""
        moments = provenance.magnetic_moments(atoms)
        opposite = moments.max() >= MOMENT_TOLERANCE and moments.min() <= -MOMENT_TOLERANCE
        if opposite or abs(abs(moments.sum()) - state.n_unpaired) > 1.0:
            raise RefusedError(
                f"{self.name} knows a whole number of parallel unpaired electrons and no more, but "
                f"the initial magnetic moments run from {moments.min():g} to {moments.max():g} and "
                f"sum to {moments.sum():g}: set moments of one sign, remove them, or use gpaw"
            )

    def calculator(
        self,
        atoms: Atoms,  # noqa: ARG002
        settings: Mapping[str, Any],
        spin: SpinState,
        directory: Path | None,  # noqa: ARG002
    ) -> Any:
        """Return an ASE calculator on tblite that keeps its orbitals."""
        try:
            from heterodot.calculators.xtb.calculator import XTBCalculator
        except ImportError as error:
            raise MissingDependencyError(
                f"{self.name} needs tblite ({one_line(error)}): {INSTALL_HINT}"
            ) from error
        return XTBCalculator(self.method, spin.charge, spin.n_unpaired, dict(settings))

    def orbital_overlap(
        self,
        first: Atoms,
        second: Atoms,
        settings: Mapping[str, Any],  # noqa: ARG002
    ) -> np.ndarray:
        """Return the overlap between two geometries from the Slater functions' expansions."""
        from heterodot.calculators.xtb.displaced_overlap import displaced_overlap

        return displaced_overlap(self.method, first, second)

    def occupations(self, calculator: Any) -> np.ndarray | None:
        """Return tblite's occupations."""
        return np.atleast_2d(calculator.result["orbital-occupations"])

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn tblite's RuntimeError and ValueError into heterodot's errors."""
        with translate_common(self.name):
            try:
                yield
            except RuntimeError as error:
                message = one_line(error)
                if "not converged" in message:
                    raise ConvergenceError(
                        f"{self.name}: {message}; passivate the structure, or override "
                        "electronic_temperature (e.g. 2000 K) and report it"
                    ) from error
                raise CalculationError(f"{self.name} failed: {message}") from error

    def recoveries(self, settings: Mapping[str, Any]) -> tuple[Recovery, ...]:
        """Damp, guess again, then heat: 2000 K mended the one dot of 94 that 300 K left.

        Damping and guess end in the same state; a temperature is another level of theory.
        """
        damped = {"mixer_damping": DAMPED, "max_iterations": max(1000, settings["max_iterations"])}
        rungs = [
            Recovery("heavier damping", damped, f"converged with damping {DAMPED:g}"),
            Recovery(
                "another guess", {**damped, "guess": "eeq"},
                "converged from charges of electronegativity equilibration",
            ),
        ]  # fmt: skip
        for kelvin in (WARM, HOT):
            if settings["electronic_temperature"] < kelvin:
                rungs.append(
                    Recovery(
                        f"{kelvin:g} K", {**damped, "electronic_temperature": kelvin},
                        f"converged only with electrons at {kelvin:g} K: not comparable with "
                        "other temperatures",
                    )
                )  # fmt: skip
        return tuple(rungs)

    def availability(self) -> Availability:
        """Return tblite's version."""
        try:
            version = metadata.version("tblite")
        except metadata.PackageNotFoundError:
            return Availability(False, "", INSTALL_HINT)
        return Availability(True, f"tblite {version}")

    def blas(self) -> BlasReport:
        """Return which BLAS tblite runs with; loads OpenBLAS on the first call if there is one."""
        return preload_openblas()


class GFN1(XTB):
    """GFN1-xTB."""

    name = "gfn1-xtb"
    method = "GFN1-xTB"
    leads = 1
    effort = Effort(50, 0.12, 2.5, 300, 1.5)
    """Measured on one core: a step of a dot of 50 atoms."""


class GFN2(XTB):
    """GFN2-xTB."""

    name = "gfn2-xtb"
    method = "GFN2-xTB"
    effort = Effort(50, 0.15, 2.5, 300, 1.5)
    """From a step of GFN1 of a dot of 50 atoms, measured on one core, and a quarter more."""
