"""An ASE calculator on tblite's own interface that keeps its orbitals.

tblite's own ASE calculator swallows unknown keywords and cannot be told to keep the overlap matrix,
which projections need; this one sees only checked settings. Import this module only where tblite is
wanted: it imports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.units import Bohr, Hartree, kB

from heterodot.calculators.validation import check_overlap
from heterodot.calculators.xtb.blas import preload_openblas
from heterodot.calculators.xtb.parameters import count_orbitals, count_valence
from heterodot.calculators.xtb.solvation import interaction
from heterodot.errors import RefusedError

preload_openblas()

from tblite.interface import Calculator as NativeCalculator  # noqa: E402 - OpenBLAS first
from tblite.interface import Result  # noqa: E402

_GUESSES = {"sad": 0, "eeq": 1, "eeqbc": 2}
_REBUILD = {"numbers", "pbc"}


class XTBCalculator(Calculator):
    """GFN1- or GFN2-xTB as an ASE calculator.

    Parameters
    ----------
    method : {"GFN1-xTB", "GFN2-xTB"}
    charge : int
        Total charge, e; initial charges of the atoms are not read.
    n_unpaired : int
        Unpaired electrons; more than none runs with exchange between the spin channels.
    settings : dict
        Checked settings of :mod:`heterodot.calculators.xtb.code`.
    """

    implemented_properties: ClassVar[list[str]] = [
        "energy", "free_energy", "forces", "charges", "dipole", "stress",
    ]  # fmt: skip

    def __init__(self, method: str, charge: int, n_unpaired: int, settings: dict[str, Any]) -> None:
        super().__init__()
        self.method = method
        self.charge = charge
        self.n_unpaired = n_unpaired
        self.settings = settings
        self.native: NativeCalculator | None = None
        self.result: Result | None = None

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Run tblite; the previous orbitals are the starting guess of the next geometry."""
        super().calculate(atoms, list(properties), list(system_changes))
        check_overlap(self.atoms)  # tblite computes collapsed geometries without a word
        if self.native is None or _REBUILD & set(system_changes):
            self.native, self.result = self._build(), None
        elif system_changes:
            self.native.update(self.atoms.positions / Bohr, self.atoms.cell.array / Bohr)
        try:
            self.result = self.native.singlepoint(self.result)
        except RuntimeError:
            self.native = self.result = None  # a failed density is no guess for a second try
            raise
        self._store(self.result)

    def forget(self) -> None:
        """Drop the orbitals: the next SCF starts cold, whatever was calculated before."""
        self.result = None
        self.reset()

    def _store(self, result: Result) -> None:
        energy = result["energy"] * Hartree
        self.results = {
            "energy": energy,
            "free_energy": energy,
            "forces": -result["gradient"] * Hartree / Bohr,
            "charges": result["charges"],
            "dipole": result["dipole"] * Bohr,
        }
        if self.atoms.pbc.all():
            stress = result["virial"] * Hartree / self.atoms.get_volume()
            self.results["stress"] = stress.flat[[0, 4, 8, 5, 2, 1]]

    def _check_electrons(self) -> None:
        """Refuse another structure than the calculator was made for: tblite could die of it."""
        numbers = self.atoms.numbers
        electrons = count_valence(numbers) - self.charge
        room = 2 * count_orbitals(numbers, self.method)
        if (
            electrons < max(1, self.n_unpaired)
            or electrons + self.n_unpaired > room
            or ((electrons - self.n_unpaired) % 2)
        ):
            raise RefusedError(
                f"this calculator was made for charge {self.charge:+d} and {self.n_unpaired} "
                f"unpaired electron(s), which {self.atoms.get_chemical_formula()} cannot have: "
                "make another with level.calculator(atoms)"
            )

    def _build(self) -> NativeCalculator:
        self._check_electrons()
        settings, atoms = self.settings, self.atoms
        native = NativeCalculator(
            self.method,
            atoms.numbers,
            atoms.positions / Bohr,
            float(self.charge),
            self.n_unpaired,
            atoms.cell.array / Bohr,
            atoms.pbc,
        )
        native.set("verbosity", 0)
        native.set("save-integrals", 1)
        native.set("temperature", settings["electronic_temperature"] * kB / Hartree)
        native.set("accuracy", settings["accuracy"])
        native.set("max-iter", settings["max_iterations"])
        native.set("mixer-damping", settings["mixer_damping"])
        if "mixer_memory" in settings:
            native.set("mixer-memory", settings["mixer_memory"])
        if "guess" in settings:
            native.set("guess", _GUESSES[settings["guess"]])
        if self.n_unpaired:
            native.add("spin-polarization", settings.get("spin_polarization", 1.0))
        if settings.get("solvation") is not None:
            native.add(*interaction(settings["solvation"]))
        return native
