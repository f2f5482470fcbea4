"""The states of a reaction path as steps of a diagram: sums over what each is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from heterodot.analysis.thermo.pathway import Step
from heterodot.data.flags import Flag, unique_flags
from heterodot.data.reactions.path import PathState


def path_steps(
    states: Sequence[PathState],
    gibbs: Mapping[str, float],
    energies: Mapping[str, float],
    flags: Mapping[str, Sequence[Flag]] | None = None,
) -> tuple[Step, ...]:
    """Return the states of a path as :class:`Step`, G and E summed over their content.

    Parameters
    ----------
    states : sequence of PathState
        One line of a :class:`heterodot.data.reactions.ReactionPath`.
    gibbs, energies : mapping of str to float
        G and E (eV) of the site (``*``, and ``CO*`` with an adsorbate) and of each gas.
    flags : mapping of str to sequence of Flag, optional
        Doubts about each of these. A state rests on the site's, on those of its gases, and on
        those of H2 once pairs were taken up or given off.
    """
    flags = flags or {}
    steps = []
    for state in states:
        parts = [state.surface, *sorted({*state.gases, *(["H2"] if state.pairs else [])})]
        steps.append(
            Step(
                state.label,
                _total(state, gibbs),
                state.pairs,
                _total(state, energies),
                unique_flags(flag for part in parts for flag in flags.get(part, ())),
            )
        )
    return tuple(steps)


def _total(state: PathState, values: Mapping[str, float]) -> float:
    return sum((count * values[name] for name, count in state.content.items()), 0.0)
