"""The questions a study can ask: the workflows, by name, with their own keywords."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heterodot.structures.recipes.checking import check, nearest, shown
from heterodot.structures.recipes.parameters import parameter_model
from heterodot.workflows.study.schema import check_name

if TYPE_CHECKING:
    from heterodot.structures.recipes.yamlfile import Document, Location

WORKFLOWS = {
    "co2_reduction": "CO2Reduction",
    "reaction": "ReactionFreeEnergy",
    "co2_adsorption": "CO2Adsorption",
    "adsorption": "Adsorption",
    "d_band_centre": "DBandCentre",
    "bonding": "Bonding",
    "relaxation": "Relaxation",
    "vibrations": "Vibrations",
    "interface_adhesion": "InterfaceAdhesion",
    "electronic_structure": "ElectronicStructureRun",
    "band_alignment": "BandAlignment",
    "charge_transfer": "ChargeTransfer",
    "electron_localisation": "ElectronLocalisation",
    "screening": "Screening",
}
"""Question to workflow."""

_OWN_KEYS = ("name", "systems", "level", "levels")
_FILLED_IN = frozenset({"atoms", "level", "levels", "name"})


@dataclass(frozen=True)
class Question:
    """A checked question.

    Attributes
    ----------
    kind : str
        Key of :data:`WORKFLOWS`.
    name : str
        What tables call it; the kind unless the study names it.
    arguments : mapping
        Checked keywords of the workflow.
    systems, levels : tuple of str
        Where it is asked.
    location : Location
    """

    kind: str
    name: str
    arguments: Mapping[str, Any]
    systems: tuple[str, ...]
    levels: tuple[str, ...]
    location: Location

    @property
    def workflow(self) -> Any:
        """The workflow's class."""
        return workflow_class(self.kind)

    @property
    def takes_levels(self) -> bool:
        """Whether the workflow is asked once, of all its levels in their order."""
        return "levels" in inspect.signature(self.workflow).parameters

    @property
    def takes_site(self) -> bool:
        """Whether the workflow can be told a site."""
        return "site" in inspect.signature(self.workflow).parameters

    @property
    def needs_site(self) -> bool:
        """Whether the workflow is about one site and cannot do without."""
        if not self.takes_site:
            return False
        default = inspect.signature(self.workflow).parameters["site"].default
        return default is inspect.Parameter.empty or "free_radius" in self.arguments

    @property
    def structure_argument(self) -> str:
        """Name of the structure in the workflow: ``dot``, ``atoms``, ``complex`` and so on."""
        return next(iter(inspect.signature(self.workflow).parameters))


def workflow_class(kind: str) -> Any:
    """Return the class of a question's workflow."""
    from heterodot import workflows

    return getattr(workflows, WORKFLOWS[kind])


def read_question(
    data: Mapping[str, Any],
    document: Document,
    location: Location,
    systems: tuple[str, ...],
    levels: tuple[str, ...],
) -> Question:
    """Check one entry of ``questions``.

    Raises
    ------
    StudyError
        One line that says where and what.
    """
    kinds = [key for key in data if key not in _OWN_KEYS]
    if len(kinds) != 1:
        raise document.error(
            location,
            f"given {', '.join(map(str, data)) or 'nothing'}, expected one question "
            f"({', '.join(WORKFLOWS)}) and at most {', '.join(_OWN_KEYS)}",
        )
    kind = kinds[0]
    if kind not in WORKFLOWS:
        known = (*WORKFLOWS, *_OWN_KEYS)
        raise document.error(
            (*location, kind),
            f"unknown question, expected one of {', '.join(WORKFLOWS)}{nearest(kind, known)}",
        )
    model = parameter_model(workflow_class(kind), _FILLED_IN, frozenset({"site"}))
    arguments = check(model, data[kind] or {}, document, (*location, kind))
    return Question(
        kind=kind,
        name=_name(data.get("name", kind), document, location),
        arguments=_native(arguments),
        systems=_chosen(data, ("systems",), systems, document, location),
        levels=_chosen(data, ("level", "levels"), levels, document, location),
        location=location,
    )


def _name(value: Any, document: Document, location: Location) -> str:
    try:
        return check_name(value if isinstance(value, str) else "")
    except ValueError as error:
        raise document.error(
            (*location, "name"), f"given {shown(value)}, expected {error}"
        ) from error


def _chosen(
    data: Mapping[str, Any],
    keys: tuple[str, ...],
    known: tuple[str, ...],
    document: Document,
    location: Location,
) -> tuple[str, ...]:
    given = [key for key in keys if key in data]
    if not given:
        return known
    if len(given) > 1:
        raise document.error((*location, given[1]), f"given beside {given[0]!r}, expected one")
    value = data[given[0]]
    names = value if isinstance(value, list) else [value]
    where = (*location, given[0])
    for name in names:
        if name not in known:
            listed = ", ".join(known)
            raise document.error(
                where, f"given {shown(name)}, expected {listed}{nearest(str(name), known)}"
            )
    if not names:
        raise document.error(where, f"given an empty list, expected {', '.join(known)}")
    return tuple(dict.fromkeys(names))


def _native(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make lists of the file tuples for the frozen workflows."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}
