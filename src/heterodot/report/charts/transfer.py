"""Charge transfer: what every partition gives each fragment, and Δρ along the axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from heterodot.data.density import PlaneProfile
from heterodot.report.charts.common import (
    Chart,
    dagger_note,
    flag_texts,
    short_names,
    significant,
)
from heterodot.workflows.questions.charge_transfer import ChargeTransferResult

ANSWERS = (ChargeTransferResult,)

AXES = "abc"


def charts(answers: Mapping[str, ChargeTransferResult]) -> list[Chart]:
    """Return the electrons gained by partition of all, and a profile of each that has Δρ."""
    found = [_gained(answers)] if any(a.transfers for a in answers.values()) else []
    for label, answer in answers.items():
        if answer.profile is not None and answer.difference is not None:
            found.append(_profile(label, answer))
    return found


def _gained(answers: Mapping[str, ChargeTransferResult]) -> Chart:
    short = short_names(answers)
    levels = ", ".join(dict.fromkeys(answer.level for answer in answers.values()))
    return {
        "kind": "transfer",
        "name": "charge_transfer",
        "title": "Electrons gained",
        "caption": f"{levels}; q(alone) − q(in the complex). Compare within one partition.",
        "daggers": dagger_note({label: answer.flags for label, answer in answers.items()}),
        "systems": [
            {
                "name": label,
                "short": short[label],
                "flags": flag_texts(answer.flags),
                "fragments": [
                    {
                        "name": name,
                        "gained": {kind: t.electrons_gained for kind, t in found.items()},
                    }
                    for name, found in answer.transfers.items()
                ],
            }
            for label, answer in answers.items()
        ],
    }


def _profile(label: str, answer: ChargeTransferResult) -> Chart:
    """Return the plane average of Δρ, its integral, and where the atoms stand."""
    profile: Any = answer.profile
    parts = "".join(f" − ρ({name})" for name in answer.fragments)
    return {
        "kind": "profile",
        "name": f"transfer_profile-{short_names([label])[label]}" if label else "transfer_profile",
        "title": "Where the electrons moved" + (f": {label}" if label else ""),
        "caption": f"{answer.level}; Δρ = ρ(complex){parts}, averaged over planes; below its "
        "integral from the left.",
        "daggers": dagger_note({label: answer.flags}),
        **_along(profile),
        "positions": significant(profile.positions, 5),
        "values": significant(profile.values, 4),
        "cumulative": significant(profile.cumulative, 4),
        "moved": answer.moved,
        "atoms": _atoms(answer),
    }


def _along(profile: PlaneProfile) -> dict[str, str]:
    """Return what the planes are stacked along: a cell vector, or from fragment to fragment."""
    if profile.axis is None:
        return {"along": "Along the axis between the fragments (Å)"}
    return {"axis": AXES[profile.axis]}


def _atoms(answer: ChargeTransferResult) -> list[dict[str, Any]]:
    """Return the height (Å) of the atoms of each fragment along the axis of the profile."""
    density: Any = answer.difference
    profile = answer.profile
    if profile is not None and profile.direction is not None:
        places = (density.positions - profile.zero) @ profile.direction
    else:
        axis = 2 if profile is None or profile.axis is None else profile.axis
        normal = np.cross(*density.cell[[i for i in range(3) if i != axis]])
        normal = normal * np.sign(normal @ density.cell[axis]) / np.linalg.norm(normal)
        places = (density.positions - density.corner) @ normal
        if density.pbc[axis]:
            places = places % float(density.cell[axis] @ normal)
    return [
        {"name": name, "places": significant(places[list(own)], 5)}
        for name, own in answer.fragments.items()
    ]
