"""Band alignment: edges against the vacuum and electrodes, and the two sides of an interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from ase import Atoms

from heterodot.analysis import ElectronicStructure, Flag
from heterodot.analysis.alignment.band_edges import (
    BandEdges,
    band_edges,
    scissor,
    with_gap,
    work_functions,
)
from heterodot.analysis.alignment.lineup import (
    UNCERTAINTY,
    Alignment,
    align_by_layers,
    align_by_potential,
)
from heterodot.analysis.alignment.macroscopic import Plateau, plateau
from heterodot.analysis.alignment.redox import TABLE_PH, check_scale
from heterodot.analysis.bands.layered_pdos import LayeredPDOS, layered_pdos
from heterodot.analysis.figures.style import join_caption
from heterodot.calculators import Level
from heterodot.data.flags import Marked, flag_note, marked_label
from heterodot.errors import InputError
from heterodot.workflows.parts.minima import states_forces
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Values, notes
from heterodot.workflows.parts.steps import states_of
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.tasks import Orbitals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLAT = 0.05
"""eV per Å at the ends of the cell beyond which the vacuum is not flat. Chosen (as SIDES_DIFFER of
calculators.gpaw.potential over 1 Å); nothing depends on it beyond the flag vacuum-not-flat."""


@dataclass(frozen=True)
class BandAlignmentResult(Result):
    """Edges, work functions and, of an interface, offsets and type.

    Attributes
    ----------
    edges : dict of str to BandEdges
        "mean" where there is one vacuum level; "low" and "high" for a slab with two.
    work_functions : dict of str to float
        eV, by face.
    alignments : dict of str to Alignment
        By method, "layers" and "potential"; empty where the structure has no two sides.
    layered : LayeredPDOS or None
    plateaus : dict of str to Plateau
        By side.
    electronic_structure : ElectronicStructure
    structure : Atoms
    energy : float
        eV.
    scale : {"vacuum", "NHE", "RHE"}
    ph : float
    """

    edges: dict[str, BandEdges]
    work_functions: dict[str, float]
    alignments: dict[str, Alignment]
    layered: LayeredPDOS | None
    plateaus: dict[str, Plateau]
    electronic_structure: ElectronicStructure
    structure: Atoms
    energy: float
    scale: str = "RHE"
    ph: float = TABLE_PH

    @property
    def structures(self) -> dict[str, Atoms]:
        """The structure the states are of."""
        return {self.geometry: self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        values: Values = {}
        # the offsets stand where only the word for the type is in doubt
        known = tuple(
            f for f in self.flags if f.name not in ("type-not-decided", "methods-disagree")
        )
        unit = "eV" if self.scale == "vacuum" else "V"
        for face, edge in self.edges.items():
            side = "" if face == "mean" else f", {face} face"
            for name, value in zip(("VBM", "CBM"), edge.on(self.scale, self.ph), strict=True):
                if value is not None:  # a gap without an upper end: no CBM
                    values[f"{name} ({unit} vs {self.scale}{side})"] = value
            values[f"work function{side} (eV)"] = self.work_functions[face]
        for method, found in self.alignments.items():
            values[f"type by {method}"] = found.type
            values[f"valence offset by {method} (eV)"] = Marked(found.valence_offset, known)
            values[f"conduction offset by {method} (eV)"] = Marked(found.conduction_offset, known)
            values[f"uncertainty by {method} (eV)"] = Marked(found.uncertainty, known)
        values["gap (eV)"] = Marked(self.electronic_structure.gap, known)
        return {**values, "E (eV)": Marked(self.energy, known)}

    def data(self) -> dict[str, Any]:
        """Return the result's own entries; the states themselves stay in the store."""
        layered = None
        if self.layered is not None:
            edges = ("layers", "heights", "vbm", "cbm")
            layered = {name: getattr(self.layered, name).tolist() for name in edges}
        return {
            "edges": {face: edge.to_dict() for face, edge in self.edges.items()},
            "work_functions": dict(self.work_functions),
            "alignments": {name: a.to_dict() for name, a in self.alignments.items()},
            "layers": layered,
            "plateaus": {name: flat.to_dict() for name, flat in self.plateaus.items()},
            "gap": self.electronic_structure.gap,
            "scale": self.scale,
            "ph": self.ph,
            "structure": structure_to_dict(self.structure),
            "energy": self.energy,
        }

    def headline(self) -> str:
        """Return edges, work functions and alignments, a line each."""
        unit = "eV" if self.scale == "vacuum" else "V"
        at = f" at pH {self.ph:g}" if self.scale == "RHE" else ""
        lines, flags = [], self.flags
        for face, edge in self.edges.items():
            vbm, cbm = (Marked(v, flags) for v in edge.on(self.scale, self.ph) if v is not None)
            lines.append(f"{face} vacuum: VBM {vbm:.2f}, CBM {cbm:.2f} {unit} vs {self.scale}{at}")
            lines += [f"  {text}" for text in edge.corrections]
        lines += [
            f"work function, {face}: {Marked(w, flags):.2f} eV"
            for face, w in self.work_functions.items()
        ]
        lines += [marked_label(found.statement(), flags) for found in self.alignments.values()]
        return "\n".join(lines) or "no vacuum level and no two sides: nothing to align"

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:  # noqa: ARG002
        """Return the drawings of this answer alone."""
        return {} if self.layered is None else {f"layers-{name}": self.plot}

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return the staircase of those that are no interface."""
        found = {label: answer for label, answer in answers.items() if answer.edges}
        return {"alignment": partial(_staircase, found)} if found else {}

    def plot(self, name: str = "", *, ax: Axes | None = None, caption: str = "") -> Figure:
        """Draw the layers of an interface, or the staircase of anything else.

        Parameters
        ----------
        name : str
            Of the structure in the staircase; its formula unless given.
        ax : matplotlib Axes, optional
            Where to draw, without the caption; a new figure unless given.
        caption : str
            Put before the caption's own sentences.
        """
        from heterodot.analysis.alignment.plot import plot_staircase
        from heterodot.analysis.bands.plot_layers import plot_layered_pdos

        if self.layered is not None:
            said = [marked_label(a.statement(), self.flags) for a in self.alignments.values()]
            text = join_caption([caption, *said, flag_note(self.flags)])
            return plot_layered_pdos(self.layered, ax=ax, caption=text)
        label = name or self.structure.get_chemical_formula()
        text = join_caption([caption, flag_note(self.flags)])
        return plot_staircase(self.marked_edges(label), self.scale, self.ph, ax=ax, caption=text)

    def marked_edges(self, label: str) -> dict[str, BandEdges]:
        """Return the edges by what a figure calls them."""
        names = {face: label if face == "mean" else f"{label}, {face}" for face in self.edges}
        return {self.marked(names[face]): edge for face, edge in self.edges.items()}


@dataclass(frozen=True, eq=False)
class BandAlignment(Question):
    """Band edges of a dot, slab or interface on a scale, and the type of an interface.

    A structure whose array ``domain`` has two values and that has an array ``layer`` is an
    interface: its sides are aligned by the layered PDOS, and with ``bulks`` and ``periods`` also by
    the macroscopic average of the potential.

    Parameters
    ----------
    atoms : Atoms
    level : Level
        Of a code that gives orbitals; edges against the vacuum need the potential too.
    scale : {"vacuum", "NHE", "RHE"}
    ph : float
    bulks : mapping of str to str
        Name or file of the crystal of each side, for the reference calculations.
    periods : mapping of str to float
        Å along the normal: the distance after which equivalent planes of each side repeat.
    bulk_kpts : tuple of int or None
        k-points of the bulks; those of the level unless given.
    gap : float or None
        eV: known gap to open that of the edges to, said in every figure.
    gap_source : str
        Where it is from.
    shift : float
        eV: scissor instead of a gap.
    valence_share : float
        Part of either that moves the valence band, 0…1.
    uncertainty : float
        eV: least error of an offset; offsets within it leave the type undecided.
    margin : int
        Layers left out at the interface and the surface of each side.
    dipole_correction : bool
        Add a dipole layer to a slab where the code has one.
    relax : bool
        Relax first (``fmax`` in eV/Å, ``steps`` geometries at most); always done at a level that
        takes its geometries from another.
    name : str
    """

    kind: ClassVar[str] = "band_alignment"

    atoms: Atoms
    level: Level
    scale: str = "RHE"
    ph: float = TABLE_PH
    bulks: Mapping[str, str] = field(default_factory=dict)
    periods: Mapping[str, float] = field(default_factory=dict)
    bulk_kpts: tuple[int, int, int] | None = None
    gap: float | None = None
    gap_source: str = "experiment"
    shift: float = 0.0
    valence_share: float = 0.0
    uncertainty: float = UNCERTAINTY
    margin: int = 1
    dipole_correction: bool = True
    relax: bool = False
    fmax: float = 0.05
    steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("orbitals")
        check_scale(self.scale, self.ph)
        if not self.sides or self.bulks:
            self.level.require("potential")
        if self.gap is not None and self.shift:
            raise InputError(f"gap {self.gap} and shift {self.shift} eV: expected one of them")
        if self.bulks and (
            set(self.bulks) != set(self.sides) or set(self.periods) != set(self.bulks)
        ):
            raise InputError(
                f"bulks of {sorted(self.bulks)}, periods of {sorted(self.periods)}: expected both "
                f"for the sides of the structure ({', '.join(self.sides) or 'it has none'})"
            )

    @property
    def sides(self) -> tuple[str, ...]:
        """The two domains of an interface; none where the structure is not one."""
        arrays = self.atoms.arrays
        if "domain" not in arrays or "layer" not in arrays:
            return ()
        names = tuple(dict.fromkeys(arrays["domain"].tolist()))
        return names if len(names) == 2 else ()

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 1 + (self.relax or self.level.geometry is not None) + len(self.bulks)

    def run(self, runner: Runner) -> BandAlignmentResult:
        """Take the states of the structure and of the bulks, and align."""
        level = self.level.for_slab(self.atoms) if self.dipole_correction else self.level
        atoms, found, states, flags = states_of(
            runner, self.atoms, level, self.relax, self.fmax, self.steps, self.name
        )
        layered = layered_pdos(states, atoms, reference="vbm") if self.sides else None
        alignments: dict[str, Alignment] = {}
        if layered is not None:
            alignments["layers"] = self._at_least(align_by_layers(layered, self.sides, self.margin))
        plateaus: dict[str, Plateau] = {}
        if self.bulks:
            plateaus, thin = self._plateaus(states, atoms)
            flags += thin
            by_potential = align_by_potential(self._bulk_states(runner), plateaus)
            if level.geometry is not None:
                by_potential = replace(by_potential, level=level.label)
            alignments["potential"] = self._at_least(by_potential)
        edges = {} if self.sides else self._edges(states)
        return BandAlignmentResult(
            level=level.label,
            flags=flags + _vacuum_flags(states) + _rival_flags(alignments),
            caveats=_caveats(states, edges, alignments),
            edges=edges,
            work_functions=work_functions(states) if edges else {},
            alignments=alignments,
            layered=layered,
            plateaus=plateaus,
            electronic_structure=states,
            structure=atoms,
            energy=found.energy,
            energy_forces=states_forces(self.level, found.fmax),
            scale=self.scale,
            ph=self.ph,
        )

    def _edges(self, states: ElectronicStructure) -> dict[str, BandEdges]:
        potential = states.potential
        two = states.vacuum_level is None and potential is not None and not potential.periodic
        faces = ("low", "high") if two else ("mean",)
        found = {face: band_edges(states, face) for face in faces}
        doubts = self.level.vacuum_caveats
        found = {f: replace(e, caveats=(*e.caveats, *doubts)) for f, e in found.items()}
        if self.gap is not None:
            gap, source, share = self.gap, self.gap_source, self.valence_share
            return {face: with_gap(edge, gap, source, share) for face, edge in found.items()}
        if self.shift:
            return {f: scissor(e, self.shift, self.valence_share) for f, e in found.items()}
        return found

    def _at_least(self, alignment: Alignment) -> Alignment:
        """Give the offsets no smaller an uncertainty than asked for."""
        if alignment.uncertainty >= self.uncertainty:
            return alignment
        return alignment.with_uncertainty(self.uncertainty)

    def _bulk_states(self, runner: Runner) -> dict[str, ElectronicStructure]:
        from heterodot.structures import crystal

        level = self.level
        if self.bulk_kpts is not None:
            level = level.with_k_points(self.bulk_kpts)
        tasks = [
            Orbitals(crystal(source), level, label=f"{self.name} bulk {side}")
            for side, source in self.bulks.items()
        ]
        pairs = zip(self.bulks, runner.gather(tasks), strict=True)
        return {side: result.electronic_structure for side, result in pairs}

    def _plateaus(
        self, states: ElectronicStructure, atoms: Atoms
    ) -> tuple[dict[str, Plateau], tuple[Flag, ...]]:
        """Read the averages half of the longer period inside each side, or flag a thin side."""
        if states.potential is None:
            raise InputError("alignment by the potential: expected a slab, free in one direction")
        periods = tuple(self.periods.values())
        axis = states.potential.axis
        normal = np.cross(*(atoms.cell.array[i] for i in range(3) if i != axis))
        height = atoms.positions @ (normal / np.linalg.norm(normal))
        flags, found = [], {}
        for side in self.bulks:
            of_side = height[atoms.arrays["domain"] == side]
            low, high = float(of_side.min()), float(of_side.max())
            inset = 0.5 * max(periods)
            if high - low < 2 * inset + 0.5:
                message = (
                    f"{side} is {high - low:.1f} Å thick: no bulk-like region in its potential"
                )
                flags.append(Flag("thin-side", message))
                inset = 0.0
            found[side] = plateau(states.potential, (low + inset, high - inset), *periods)
        return found, tuple(flags)


def _staircase(answers: Mapping[str, BandAlignmentResult]) -> Figure:
    from heterodot.analysis.alignment.plot import plot_staircase

    edges: dict[str, BandEdges] = {}
    for label, answer in answers.items():
        edges.update(answer.marked_edges(label))
    first = next(iter(answers.values()))
    return plot_staircase(edges, first.scale, first.ph, caption=notes(answers))


def _caveats(
    states: ElectronicStructure,
    edges: Mapping[str, BandEdges],
    alignments: Mapping[str, Alignment],
) -> tuple[str, ...]:
    """Return what states, edges and alignments may not be believed for, each once."""
    found = [*states.caveats]
    for edge in edges.values():
        found += edge.caveats
    for alignment in alignments.values():
        found += alignment.caveats
    return tuple(dict.fromkeys(found))


def _vacuum_flags(states: ElectronicStructure) -> tuple[Flag, ...]:
    potential = states.potential
    if potential is None or potential.periodic or potential.slope() <= FLAT:
        return ()
    message = (
        f"the potential still changes by {potential.slope():.2f} eV over the last 1 Å of the cell: "
        "more vacuum or a dipole layer is needed"
    )
    return (Flag("vacuum-not-flat", message),)


def _rival_flags(alignments: Mapping[str, Alignment]) -> tuple[Flag, ...]:
    """Flag types that are not decided, and methods that disagree."""
    flags = [
        Flag("type-not-decided", f"{name}: types {' or '.join(a.candidates)} within uncertainty")
        for name, a in alignments.items()
        if not a.decided
    ]
    types = {a.type for a in alignments.values() if a.decided}
    if len(types) > 1:
        flags.append(Flag("methods-disagree", f"types {', '.join(sorted(types))} by the methods"))
    return tuple(flags)
