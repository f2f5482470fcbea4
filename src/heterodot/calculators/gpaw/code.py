"""GPAW: projector-augmented-wave DFT with LCAO or plane waves, serial or on several ranks.

J. J. Mortensen et al., J. Chem. Phys. 160, 092503 (2024), doi:10.1063/5.0182685. Written for the
new code of GPAW 26 (``from gpaw import GPAW``).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

from heterodot import provenance
from heterodot.calculators.capabilities import (
    Availability,
    Capabilities,
    DensityReadout,
    Effort,
    LocalisationReadout,
    LocalOrbitalReadout,
    OrbitalReadout,
    PotentialReadout,
    Recovery,
)
from heterodot.calculators.gpaw import settings as options
from heterodot.calculators.gpaw.box import with_box
from heterodot.calculators.gpaw.density import free_atom_densities, read_density_of
from heterodot.calculators.gpaw.errors import translate
from heterodot.calculators.gpaw.local_orbitals import read_local_orbitals
from heterodot.calculators.gpaw.localisation import read_localisation
from heterodot.calculators.gpaw.memory import check_memory
from heterodot.calculators.gpaw.moments import with_moments
from heterodot.calculators.gpaw.orbitals import read_electronic_structure
from heterodot.calculators.gpaw.potential import read_potential
from heterodot.calculators.mpi import mpi_command
from heterodot.calculators.registry import Code
from heterodot.calculators.spin import SpinState, has_moments, spin_state
from heterodot.calculators.translation import one_line, translate_common
from heterodot.calculators.validation import pseudo_hydrogens
from heterodot.errors import HeterodotError, LevelError, MissingDependencyError, RefusedError

INSTALL_HINT = (
    "CC=g++ CXX=g++ pip install gpaw gpaw-data (compiles; needs a C++ compiler, libxc and BLAS "
    "headers, on Debian: apt-get install g++ libxc-dev libopenblas-dev python3-dev)"
)
ELEMENTS = frozenset(
    s for s in chemical_symbols[1:87] if s not in ("Tc", "Po", "At")
)  # fmt: skip
"""Elements of gpaw-data 1.2 that have both a PBE data set and a dzp basis."""

LCAO_CAVEAT = (
    "LCAO with a double-zeta basis is off by 0.3-0.5 eV in adsorption free energies: compare "
    "sites at equal settings; absolute values need plane waves"
)
VACUUM_CAVEAT = (
    "edges against the vacuum in a localised basis lie too high: the highest level of water is "
    "-6.4 eV in LCAO dzp and -7.2 eV in plane waves (PBE); take plane waves for absolute values"
)
"""Measured with GPAW 26.7."""

BACKGROUND_CAVEAT = (
    "a charged periodic cell is neutralised by a uniform background: its energy depends on the cell"
)
WIDE = 0.2
"""Smearing of the last remedy, eV, at least."""

PAIRED_CAVEAT = "an odd number of electrons was run spin-paired because spinpol is false"


def _not_in_lcao(settings: Mapping[str, Any]) -> str:
    if settings["mode"] == "lcao":
        return ""
    return "no atom-centred orbitals; for GPAW use mode 'lcao'"


def _not_on_a_gpu(settings: Mapping[str, Any]) -> str:
    if settings.get("device") != "cuda":
        return ""
    return "GPAW 26.7 builds no all-electron density on a GPU; use device: cpu"


class GPAWCode(Code):
    """GPAW in LCAO or plane-wave mode."""

    name = "gpaw"
    capabilities = Capabilities(
        charge=True, spin=True, stress=True, pseudo_hydrogen=True, parallel=True,
        elements=ELEMENTS, native=True, dispersion=options.functional,
        orbitals=OrbitalReadout(read_electronic_structure),
        local_orbitals=LocalOrbitalReadout(read_local_orbitals, _not_in_lcao),
        density=DensityReadout(read_density_of, _not_on_a_gpu, free_atoms=free_atom_densities),
        potential=PotentialReadout(read_potential),
        localisation=LocalisationReadout(read_localisation, _not_on_a_gpu),
    )  # fmt: skip
    keywords = options.KEYWORDS
    dear = True
    effort = Effort(65, 118.0, 2.0, 2200, 1.5)
    """Measured on one core: the first SCF (LCAO dzp, "moderate") of a dot of 65 atoms."""
    packages = ("gpaw",)

    def coerce(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Check the overrides; names of GPAW's own that a level must not hold say what to do."""
        for name in overrides:
            if options.REFUSED.get(name):
                raise LevelError(f"gpaw: {name}: {options.REFUSED[name]}")
        return super().coerce(overrides)

    def resolve(self, protocol: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Return protocol and overrides merged; switching to LCAO drops the plane-wave cut-off."""
        settings = super().resolve(protocol, overrides)
        if settings["mode"] == "lcao" and "ecut" not in overrides:
            settings.pop("ecut", None)
            settings["h"] = settings["h"] or 0.2
        if settings["mode"] == "pw":
            settings.setdefault("ecut", 500.0)
            if "h" not in overrides:
                settings["h"] = None
        return settings

    def capabilities_at(self, settings: Mapping[str, Any]) -> Capabilities:
        """Return what GPAW can do: the stress of a cell in plane waves only."""
        return replace(self.capabilities, stress=settings["mode"] == "pw")

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse settings that contradict each other."""
        options.check_settings(settings)

    def identity(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out where it runs."""
        return {name: value for name, value in settings.items() if name != "device"}

    def known_as(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return functional, mode, and the basis where there is one."""
        names = ("xc", "mode", "basis") if settings["mode"] == "lcao" else ("xc", "mode")
        return {name: settings[name] for name in names}

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return functional, basis and mode."""
        if settings["mode"] == "pw":
            return f"{settings['xc']}/PW {settings['ecut']:g} eV (GPAW)"
        basis = settings["basis"] if isinstance(settings["basis"], str) else "mixed basis"
        return f"{settings['xc']}/{basis} LCAO (GPAW)"

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what results for this structure may not be believed for."""
        errors = self.measured_errors(settings)
        found = [LCAO_CAVEAT] if settings["mode"] == "lcao" else []
        if errors:
            found.append(f"{self.label(settings)}: {errors}")
        state = self._spin(atoms, settings)
        if state.charge and (atoms.pbc.any() or settings["mode"] == "pw"):
            found.append(BACKGROUND_CAVEAT)
        if state.multiplicity is None:
            found.append(PAIRED_CAVEAT)
        return tuple(found)

    def vacuum_caveats(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Say by how much edges in a localised basis are too high."""
        return (VACUUM_CAVEAT,) if settings["mode"] == "lcao" else ()

    def slab_correction(self, normal: int, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the dipole layer in the planes of the two periodic directions."""
        return {} if settings.get("dipole_layer") else {"dipole_layer": ("yz", "xz", "xy")[normal]}

    def _spin(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:
        multiplicity = settings.get("multiplicity", "auto")
        spinpol = settings.get("spinpol")
        state = spin_state(atoms, multiplicity, _outer_electrons(atoms))
        if spinpol is False and state.polarized:
            if has_moments(atoms) and (atoms.pbc.any() or state.n_electrons % 2 == 0):
                raise RefusedError(
                    f"spinpol false, but {atoms.get_chemical_formula()} has initial magnetic "
                    "moments: leave spinpol out, or remove the moments"
                )
            if not atoms.pbc.any():
                raise RefusedError(
                    f"{atoms.get_chemical_formula()} has an odd number of electrons and is never "
                    "run spin-paired: leave spinpol out"
                )
            return replace(state, multiplicity=None, polarized=False)
        return replace(state, polarized=True) if spinpol else state

    def check(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:
        """Refuse what GPAW cannot calculate, and what this machine cannot hold."""
        found = super().check(atoms, settings)
        check_memory(atoms, settings)
        return found

    def unused(self, atoms: Atoms, overrides: Mapping[str, Any]) -> tuple[str, ...]:
        """Name settings for crystals that a finite structure has no use for."""
        if atoms.pbc.any():
            return ()
        said = [name for name in ("kpts", "dipole_layer", "symmetry") if overrides.get(name)]
        return tuple(
            f"{name} = {overrides[name]!r} is not used: the structure is finite (pbc False), "
            "calculated at Γ in a box"
            for name in said
        )

    def _fixed_moment(self, atoms: Atoms, settings: Mapping[str, Any]) -> bool:
        return not atoms.pbc.any() or settings.get("multiplicity", "auto") != "auto"

    def prepare(self, atoms: Atoms, settings: Mapping[str, Any]) -> Atoms:
        """Return a copy in a vacuum box, with initial moments that fit its spin."""
        boxed = with_box(atoms, settings["vacuum"], settings["h"])
        state = self._spin(boxed, settings)
        return with_moments(boxed, state, self._fixed_moment(boxed, settings))

    def calculator(
        self,
        atoms: Atoms,
        settings: Mapping[str, Any],
        spin: SpinState,
        directory: Path | None,
    ) -> Any:
        """Return GPAW; with a folder it logs and restarts there.

        Raises
        ------
        RefusedError
            If the structure was not prepared, or a GPU was asked for and is not there.
        MissingDependencyError
            If GPAW is not installed.
        """
        _check_prepared(atoms, spin)
        _import_gpaw()
        if settings.get("device") == "cuda":
            _check_gpu()
        from heterodot.calculators.gpaw.restart import make_calculator

        parameters = options.gpaw_parameters(atoms, settings, spin)
        self._add_pseudo_hydrogens(atoms, parameters)
        with self.translate_errors():
            return make_calculator(parameters, atoms, directory)

    def _add_pseudo_hydrogens(self, atoms: Atoms, parameters: dict[str, Any]) -> None:
        indices = pseudo_hydrogens(atoms)
        if not len(indices):
            return
        from heterodot.calculators.gpaw.pseudo_hydrogen import provide, tag

        charges = atoms.arrays["pseudo_hydrogen"]
        provide([float(charges[i]) for i in indices], parameters["xc"])
        named = parameters.get("setups", {})
        common = {"default": named} if isinstance(named, str) else dict(named)
        own = {int(i): tag(float(charges[i])) for i in indices}
        parameters["setups"] = {**common, **own}

    def scf_iterations(self, calculator: Any) -> int | None:
        """Return the iterations of the last SCF."""
        return int(calculator.dft.scf_loop.niter)

    def occupations(self, calculator: Any) -> np.ndarray | None:
        """Return GPAW's occupations, the same on every rank."""
        n_spins = calculator.get_number_of_spins()
        found = [calculator.get_occupation_numbers(kpt=0, spin=s) for s in range(n_spins)]
        return np.array(found)

    def loosen(self, calculator: Any, factor: float) -> None:
        """Multiply the criteria for energy and density."""
        from heterodot.calculators.gpaw.criteria import loosen

        loosen(calculator, factor)

    def scf_factor(self, settings: Mapping[str, Any], error: float) -> float:
        """Return the factor by the criterion for the density."""
        from heterodot.calculators.gpaw.criteria import scf_factor

        return scf_factor(settings["convergence"], error)

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn GPAW's exceptions into heterodot's, each with one clear line."""
        with translate_common(self.name):
            try:
                yield
            except (HeterodotError, ImportError):
                raise
            except Exception as error:
                known = translate(error)
                if known is None:
                    raise
                raise known from error

    def recoveries(self, settings: Mapping[str, Any]) -> tuple[Recovery, ...]:
        """Mix more cautiously, in two steps; then smear the occupations more, and say so.

        Whatever mixes, the converged state is the same level of theory; a smearing is not.
        """
        patient = max(600, settings["maxiter"])
        careful, slow = ({"name": "pulay", "beta": b, "nmaxold": n, "weight": 100.0}
                         for b, n in ((0.05, 5), (0.02, 8)))  # fmt: skip
        wide = max(2 * settings["width"], WIDE)
        return (
            Recovery(
                "cautious mixer", {"mixer": careful, "maxiter": patient},
                "converged with a more cautious density mixer",
            ),
            Recovery(
                "slow mixer", {"mixer": slow, "maxiter": patient},
                "converged with a slow density mixer",
            ),
            Recovery(
                f"smearing {wide:g} eV", {"mixer": slow, "maxiter": patient, "width": wide},
                f"converged only with a smearing of {wide:g} eV: not comparable with others",
            ),
        )  # fmt: skip

    def command(self, ranks: int, argv: list[str]) -> list[str]:
        """Return the command that runs ``python *argv`` on ``ranks`` MPI ranks.

        Raises
        ------
        MissingDependencyError
            For more than one rank where mpiexec is missing or GPAW was built without MPI: every
            rank would run the whole calculation.
        """
        command = mpi_command(ranks, argv, _gpaw_python() if ranks > 1 else ())
        if ranks > 1 and not _built_with_mpi():
            raise MissingDependencyError(
                f"gpaw: ranks = {ranks}, but this GPAW was built without MPI; use ranks = 1, or "
                "install MPI (Debian: openmpi-bin libopenmpi-dev) and build GPAW again"
            )
        return command

    def availability(self) -> Availability:
        """Return GPAW's version, or how to install it."""
        try:
            version = metadata.version("gpaw")
        except metadata.PackageNotFoundError:
            return Availability(False, "", INSTALL_HINT)
        if int(version.split(".")[0]) < 26:
            return Availability(False, f"gpaw {version}", f"needs gpaw >= 26.7: {INSTALL_HINT}")
        return Availability(True, f"gpaw {version}", "LCAO and plane waves")


def _check_gpu() -> None:
    """Refuse a GPU that GPAW does not find; its stand-in for cupy counts where it is asked for."""
    from gpaw import GPAW_CPUPY
    from gpaw.gpu import cupy_is_fake

    if cupy_is_fake and not GPAW_CPUPY:
        raise RefusedError(
            "gpaw: device = 'cuda': GPAW finds no GPU here (it needs one, cupy, and to be built "
            "for it: gpu = True in siteconfig.py): expected device: cpu"
        )


def _import_gpaw() -> None:
    try:
        import gpaw  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            f"gpaw cannot be imported ({one_line(error)}): {INSTALL_HINT}"
        ) from error


def _outer_electrons(atoms: Atoms) -> int:
    """Electrons outside the noble-gas cores (and a filled 4f shell): a bound for charges."""
    z = atoms.numbers
    cores = np.array([0, 2, 10, 18, 36, 54])
    outer = z - cores[np.searchsorted(cores, z, side="left") - 1]
    outer = np.where(z >= 72, outer - 14, outer).astype(float)
    pseudo = pseudo_hydrogens(atoms)
    outer[pseudo] = provenance.nuclear_charges(atoms)[pseudo]
    return round(float(outer.sum()))


def _check_prepared(atoms: Atoms, spin: SpinState) -> None:
    if not (np.linalg.norm(atoms.cell.array, axis=1) > 1e-3).all():
        raise RefusedError(
            "gpaw needs a cell or a vacuum box: use level.prepare(atoms) before level.calculator"
        )
    moments = provenance.magnetic_moments(atoms)
    if spin.polarized:
        fits = atoms.pbc.any() or abs(moments.sum() - spin.n_unpaired) < 1e-6
    else:
        fits = not moments.any()
    if not fits:
        raise RefusedError(
            f"initial magnetic moments sum to {moments.sum():g} but {spin.n_unpaired} unpaired "
            "electron(s) are expected: use level.prepare(atoms) before level.calculator"
        )


def _gpaw_python() -> tuple[str, str]:
    """Return ``gpaw python``: GPAW raises under mpiexec when plain Python starts it.

    It does not put the script's folder on the module path.
    """
    beside = Path(sys.executable).with_name("gpaw")
    program = str(beside) if beside.is_file() else shutil.which("gpaw")
    if program is None:
        raise MissingDependencyError(f"several ranks need the gpaw command: {INSTALL_HINT}")
    return program, "python"


def _built_with_mpi() -> bool:
    """Whether GPAW's compiled part knows MPI."""
    try:
        from gpaw.cgpaw import have_mpi
    except ImportError:
        return False
    return bool(have_mpi)
