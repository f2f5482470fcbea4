"""What every machine-learnt potential is to heterodot: a code without electrons."""

from __future__ import annotations

import importlib.util
import os
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

from ase import Atoms

from heterodot import provenance
from heterodot.calculators.capabilities import Availability, Capabilities
from heterodot.calculators.keywords import Keyword, hint
from heterodot.calculators.machine import machine_memory
from heterodot.calculators.potentials.weights import (
    MODELS,
    Release,
    digest,
    is_path,
    own_model,
    weights_file,
)
from heterodot.calculators.protocol_files import PROTOCOL_NAMES
from heterodot.calculators.registry import Code, codes_with
from heterodot.calculators.spin import SpinState, integer_charge
from heterodot.calculators.translation import translate_all
from heterodot.calculators.validation import lone_atoms, shortest_bond
from heterodot.data.flags import Flag
from heterodot.errors import (
    CapabilityError,
    LevelError,
    MissingDependencyError,
    RefusedError,
)
from heterodot.own_files import own_path

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("float32", "float64")

SHORT_BOND = 0.75
"""Fraction of the sum of covalent radii below which no bond of a relaxed crystal or molecule is
(H2, the shortest, has 1.19 with the radii used; N2 0.77): a potential has seen next to nothing
there. Chosen; it decides the flag out-of-domain only."""

LARGE_FORCE = 10.0
"""eV/Å. The training data are frames of relaxations and gentle dynamics. Chosen; it decides the
flag out-of-domain only."""

LONE = 5.0
"""Å: an atom with none so near has no surroundings to these potentials (cut-offs of 5 Å, SevenNet,
and 6 Å, CHGNet), and crystals hold no such atom. 7net-0 gives a hydrogen atom −0.92 eV, CHGNet
refuses it."""

_NO_ELECTRONS = (
    "a potential knows no electrons: no charge, spin, gap, bands or hole, and two structures that "
    "differ only in these are one to it"
)


class Potential(Code):
    """A family of potentials that one package reads.

    A subclass sets the class attributes and writes :meth:`load`.
    """

    title: ClassVar[str]
    """As it is written."""
    package: ClassVar[str]
    """What is imported."""
    distribution: ClassVar[str]
    """What is installed."""
    install: ClassVar[str]
    """The command that does so."""
    framework: ClassVar[str] = "torch"
    """What the package calculates with: torch or tensorflow."""
    releases: ClassVar[Mapping[str, Release]]
    default: ClassVar[str]
    """The release that is used where none is named."""
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    extra: ClassVar[Mapping[str, Keyword]] = {}
    """Settings of this family alone."""
    extra_defaults: ClassVar[Mapping[str, Any]] = {}
    noise: ClassVar[tuple[str, ...]] = ()
    """Beginnings of warnings that tell a user nothing they could do."""
    megabytes_per_atom: ClassVar[float] = 10.0
    """Memory of one evaluation of a solid, beyond what starting takes."""

    capabilities = Capabilities(stress=True)
    is_defined_here = True

    def __init__(self) -> None:
        # its data's functional, unless they have dispersion already
        self.capabilities = replace(self.capabilities, dispersion=self.functional)
        self.keywords = {
            "model": Keyword(
                (str,), f"one of {', '.join(self.releases)}, or a file in {own_path(MODELS)}"
            ),
            "device": Keyword((str,), "where it runs", choices=DEVICES),
            "dtype": Keyword((str,), "precision of its numbers", choices=self.precisions),
            **self.extra,
        }

    def protocols(self) -> dict[str, dict[str, Any]]:
        """Return the same settings for each protocol: a potential has nothing to converge."""
        settings = {
            "model": self.default,
            "device": "auto",
            "dtype": self.precisions[0],
            **self.extra_defaults,
        }
        return {name: dict(settings) for name in PROTOCOL_NAMES}

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse a model that is neither a release nor a file here; the package is not needed."""
        model = settings["model"]
        if model in self.releases:
            return
        if not (is_path(model) and Path(model).expanduser().exists()) and not own_model(model):
            raise LevelError(
                f"{self.name}: model = {model!r}: no release{hint(model, self.releases)} and no "
                f"file; expected one of {', '.join(self.releases)}, a file in "
                f"{own_path(MODELS)}, or (in Python) a path"
            )

    def study_complaint(self, overrides: Mapping[str, Any]) -> str:
        """Refuse a path: the file may hold Python, and a study may be a stranger's."""
        model = overrides.get("model")
        if not isinstance(model, str) or not is_path(model):
            return ""
        return (
            f"model {model!r}: a study names no path of a model, whose file can run code: put it "
            f"into {own_path(MODELS)} and name it {Path(model).name!r}"
        )

    def identity(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides the numbers: the weights by their hash, not where they are or run."""
        kept = {k: v for k, v in settings.items() if k not in ("device", "model")}
        release = self.releases.get(settings["model"])
        if release is not None:
            return {**kept, "model": settings["model"], "sha256": release.sha256}
        return {**kept, "sha256": digest(self._file(settings))}

    def known_as(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return weights and what else decides the numbers, without the precision."""
        return {k: v for k, v in self.identity(settings).items() if k != "dtype"}

    def variants(self) -> tuple[dict[str, Any], ...]:
        """Return every release whose weights are on this machine, but for superseded ones."""
        found = []
        for model, release in self.releases.items():
            if release.superseded:
                continue
            try:
                weights_file(self.name, model, self.releases, self._package_folder())
            except MissingDependencyError:
                continue
            found.append({"model": model})
        return tuple(found)

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the family and the release, or the name of the file."""
        model = settings["model"]
        return f"{self.title} {model if model in self.releases else Path(model).name}"

    def trained_on(self, settings: Mapping[str, Any]) -> str:
        """Return data and functional the weights were fitted to; empty for a file of one's own."""
        release = self.releases.get(settings["model"])
        return "" if release is None else release.trained_on

    def functional(self, settings: Mapping[str, Any]) -> str:
        """Return the functional the weights were fitted to; empty for a file of one's own."""
        release = self.releases.get(settings["model"])
        return "" if release is None else release.functional

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Say what a potential cannot know, and what it was trained on."""
        trained = self.trained_on(settings)
        found = [_NO_ELECTRONS]
        if trained:
            found.append(f"trained on {trained}: dots, surfaces and adsorbates are far from that")
        release = self.releases.get(settings["model"])
        if release is not None and release.superseded:
            found.append(f"{self.label(settings)} is superseded by {release.superseded}")
        errors = self.measured_errors(settings)
        if errors:
            found.append(f"{self.label(settings)}: {errors}")
        if provenance.has_moments(atoms):
            found.append("magnetic moments of the structure are not seen")
        hole = provenance.details(atoms).get("defect_type", {}).get("hole_site")
        if hole is not None:
            found.append(
                f"Type C: its hole on {atoms.symbols[hole]}{hole} does not exist for a potential, "
                "nor is it looked for (no flag hole-elsewhere): what is left is the vacancy"
            )
        return tuple(found)

    def doubts(
        self,
        atoms: Atoms,
        settings: Mapping[str, Any],  # noqa: ARG002
        force: float,
    ) -> tuple[Flag, ...]:
        """Flag bonds, forces and lone atoms that are not among those it was trained on."""
        parts = []
        lone = lone_atoms(atoms, LONE)
        if len(lone):
            named = ", ".join(f"{atoms.symbols[i]}{i}" for i in lone[:3])
            parts.append(f"{named} with no atom within {LONE:g} Å, its energy a guess")
        pair, ratio = shortest_bond(atoms)
        if ratio < SHORT_BOND:
            parts.append(
                f"{pair} apart, {ratio:.2f} of the sum of the radii, where bonds begin at "
                f"{SHORT_BOND:g}"
            )
        if force > LARGE_FORCE:
            parts.append(f"a force of {force:.0f} eV/Å, trained up to about {LARGE_FORCE:g}")
        if not parts:
            return ()
        return (
            Flag("out-of-domain", f"{self.title} has seen nothing like it: {'; '.join(parts)}"),
        )

    def check(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:
        """Refuse a charge, an unknown element, and what the memory cannot hold."""
        found = super().check(atoms, settings)
        needed, there = len(atoms) * self.megabytes_per_atom * 1e6, machine_memory()
        if there is not None and needed > there:
            raise RefusedError(
                f"{self.name}: {len(atoms)} atoms need about {needed / 1e9:.0f} GB, this machine "
                f"has {there / 1e9:.0f} GB: expected at most "
                f"{int(there / self.megabytes_per_atom / 1e6)} atoms"
            )
        return found

    def _spin(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:  # noqa: ARG002
        charge = integer_charge(atoms)
        if charge:
            raise CapabilityError(
                f"{self.name}: a total charge of {charge:+d} e is nothing to a potential, for "
                "which this structure and the neutral one are the same: compensate by ions "
                "(defect_type: {kind: B, compensation: ionic} makes two V_Cu and In_Cu), or choose "
                f"a code with electrons ({', '.join(codes_with('charge'))})"
            )
        return SpinState(0, int(atoms.numbers.sum()), None)

    def calculator(
        self,
        atoms: Atoms,  # noqa: ARG002
        settings: Mapping[str, Any],
        spin: SpinState,  # noqa: ARG002
        directory: Path | None,  # noqa: ARG002
    ) -> Any:
        """Return an ASE calculator; the model is loaded once a process."""
        from heterodot.calculators.potentials.calculator import PotentialCalculator, Source

        self._require()
        _not_downloading()
        release = self.releases.get(settings["model"])
        path = self._file(settings)
        if release is not None and release.sha256 and digest(path) != release.sha256:
            raise LevelError(
                f"{self.name}: {path} is not {settings['model']} as it was published (SHA-256 "
                f"{digest(path)[:12]}…, expected {release.sha256[:12]}…): {self.install}"
            )
        kept = dict(settings)
        source = Source(
            self.name, self.title, path, digest(path), str(self.identity(settings)),
            lambda device: self.load(path, kept, device), self.boxed, self.noise,
            self.framework, self.elements,
        )  # fmt: skip
        return PotentialCalculator(source, settings["device"])

    def _require(self) -> None:
        needed = [(self.package, self.install)]
        if self.framework == "torch":
            needed.insert(0, ("torch", "make mlip, or pip install torch"))
        for package, install in needed:
            if not _is_there(package):
                raise MissingDependencyError(f"{self.name} needs {package}: {install}")

    def _file(self, settings: Mapping[str, Any]) -> Path:
        return weights_file(self.name, settings["model"], self.releases, self._package_folder())

    def _package_folder(self) -> Path:
        """Return the folder the releases are in: the package's own, or where it keeps them."""
        spec = importlib.util.find_spec(self.package)
        return Path(spec.origin).parent if spec and spec.origin else Path()

    @abstractmethod
    def load(self, path: Path, settings: Mapping[str, Any], device: str) -> Any:
        """Read the weights; return an ASE calculator on a device ("cpu" or "cuda")."""

    def boxed(self, atoms: Atoms) -> Atoms:
        """Return the structure as the package wants it; itself unless it needs a cell."""
        return atoms

    def elements(self, engine: Any) -> frozenset[str] | None:  # noqa: ARG002
        """Return the elements a loaded model knows; None where it knows all of the family."""
        return None

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn what torch and the package raise into one line."""
        with translate_all(self.name):
            yield

    def availability(self) -> Availability:
        """Return versions, and what weights are missing; nothing is imported."""
        torch = "make mlip, or pip install torch (README: which)"
        needed = [(self.distribution, self.install)]
        if self.framework == "torch":
            needed.insert(0, (self.framework, torch))
        for distribution, command in needed:
            try:
                metadata.version(distribution)
            except metadata.PackageNotFoundError:
                return Availability(False, "", command)
        version = f"{self.distribution} {metadata.version(self.distribution)}"
        return Availability(True, version + self._framework_version(), self._absent())

    def _framework_version(self) -> str:
        """Return its version after a comma; it may be there under the name of a smaller build."""
        for distribution in (self.framework, f"{self.framework}-cpu"):
            with suppress(metadata.PackageNotFoundError):
                return f", {distribution} {metadata.version(distribution)}"
        return ""

    def _absent(self) -> str:
        """Say that the weights of the default release are not here, and what brings them."""
        try:
            self._file({"model": self.default})
        except MissingDependencyError as error:
            return str(error).removeprefix(f"{self.name}: ")
        return ""


def _not_downloading() -> None:
    """Keep Hugging Face's client, which some packages ask, from the network: nothing is brought."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")


def _is_there(package: str) -> bool:
    """Whether a (sub)package can be imported; of a submodule only its parents are."""
    try:
        return bool(importlib.util.find_spec(package))
    except ModuleNotFoundError:  # its parent is not
        return False
