"""Band edges beside redox levels, on a scale and at a pH that can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heterodot.analysis.alignment.band_edges import BandEdges
from heterodot.analysis.alignment.redox import (
    ABSOLUTE_NHE,
    NERNST,
    O2_NOTE,
    REDOX_LEVELS,
    TABLE_PH,
)
from heterodot.report.charts.common import Chart, dagger_note, flag_texts, short_names
from heterodot.workflows.questions.band_alignment import BandAlignmentResult

ANSWERS = (BandAlignmentResult,)


def charts(answers: Mapping[str, BandAlignmentResult]) -> list[Chart]:
    """Return the staircase of all that have a vacuum, and one of each interface's two sides."""
    edges = {label: answer for label, answer in answers.items() if answer.edges}
    found = [_staircase(edges)] if edges else []
    for label, answer in answers.items():
        found += [_offsets(label, answer)] if answer.alignments else []
    return found


def _staircase(answers: Mapping[str, BandAlignmentResult]) -> Chart:
    first, short = next(iter(answers.values())), short_names(answers)
    materials = [
        {**_edge(edge), **_named(label, short[label], face), "flags": flag_texts(answer.flags)}
        for label, answer in answers.items()
        for face, edge in answer.edges.items()
    ]
    levels = ", ".join(dict.fromkeys(answer.level for answer in answers.values()))
    redox = "redox levels: Li et al. 2023"
    return {
        "kind": "alignment",
        "name": "alignment",
        "title": "Band edges and redox levels",
        "caption": f"{levels}; V(NHE) = −E(vs vacuum)/e − {ABSOLUTE_NHE}; {redox}. {O2_NOTE}.",
        "daggers": dagger_note({label: answer.flags for label, answer in answers.items()}),
        "scale": first.scale,
        "pH": first.ph,
        "constants": {"nhe": ABSOLUTE_NHE, "nernst": NERNST, "table_pH": TABLE_PH},
        "materials": materials,
        "redox": [
            {
                "name": level.name.replace("+", "⁺"),
                "neutral": level.neutral,
                "protons": level.protons_per_electron,
            }
            for level in REDOX_LEVELS
        ],
    }


def _named(label: str, short: str, face: str) -> dict[str, str]:
    side = "" if face == "mean" else f", {face} face"
    return {"name": label + side, "short": short + side}


def _edge(edge: BandEdges) -> dict[str, Any]:
    return {
        "vbm": edge.vbm,
        "cbm": edge.cbm,
        "nernstian": edge.nernstian,
        "source": edge.source,
        "corrections": list(edge.corrections),
        "caveats": list(edge.caveats),
    }


def _offsets(label: str, answer: BandAlignmentResult) -> Chart:
    """Return the edges of the two sides of an interface, by each method."""
    named = f": {label}" if label else ""
    return {
        "kind": "offsets",
        "name": "offsets" + (f"-{short_names([label])[label]}" if label else ""),
        "title": "Band offsets of the interface" + named,
        "caption": f"{answer.level}; each method on its own zero, the left valence band.",
        "daggers": dagger_note({label: answer.flags}),
        "methods": [
            {
                "name": method,
                "sides": list(found.names),
                "edges": [list(found.a), list(found.b)],
                "uncertainty": found.uncertainty,
                "type": found.type,
                "decided": found.decided,
                "statement": found.statement(),
                "flags": flag_texts(answer.flags),
            }
            for method, found in answer.alignments.items()
        ],
        "layers": _layers(answer),
    }


def _layers(answer: BandAlignmentResult) -> dict[str, Any] | None:
    """Return the local edges of each layer, eV from the VBM of the whole."""
    layered = answer.layered
    if layered is None:
        return None
    return {
        "heights": [float(height) for height in layered.heights],
        "vbm": [float(edge) for edge in layered.vbm],
        "cbm": [float(edge) for edge in layered.cbm],
    }
