"""Vibrational spectra on one scale, their broadening chosen on the page."""

from __future__ import annotations

from collections.abc import Mapping

from heterodot.report.charts.common import Chart, dagger_note, flag_texts, short_names
from heterodot.workflows.parts.gates import imaginary_modes
from heterodot.workflows.questions.relaxation import VibrationsResult

ANSWERS = (VibrationsResult,)


def charts(answers: Mapping[str, VibrationsResult]) -> list[Chart]:
    """Return one chart of all systems; those stored without second derivatives are left out."""
    used = {label: answer for label, answer in answers.items() if answer.hessian is not None}
    if not used:
        return []
    spectra = {label: answer.spectrum(label) for label, answer in used.items()}
    infrared = all(spectrum.infrared for spectrum in spectra.values())
    heights = "infrared intensities on one scale" if infrared else "no intensities: equal heights"
    levels = ", ".join(dict.fromkeys(answer.level for answer in used.values()))
    short = short_names(used)
    return [
        {
            "kind": "spectra",
            "name": "spectra",
            "title": "Infrared spectrum" if infrared else "Vibrations",
            "caption": f"{levels}; harmonic, unscaled; Lorentzians, {heights}.",
            "daggers": dagger_note({label: answer.flags for label, answer in used.items()}),
            "infrared": infrared,
            "systems": [
                {
                    "name": label,
                    "short": short[label],
                    "flags": flag_texts(used[label].flags),
                    "modes": [
                        {
                            "frequency": mode.frequency,
                            "intensity": mode.intensity if infrared else None,
                            "name": mode.assignment,
                        }
                        for mode in spectrum.visible()
                    ],
                    "imaginary": _imaginary(used[label]),
                }
                for label, spectrum in spectra.items()
            ],
        }
    ]


def _imaginary(answer: VibrationsResult) -> list[float]:
    """Return the imaginary modes (cm⁻¹, negative) that are no translations or rotations."""
    return [float(nu) for nu in imaginary_modes(answer.frequencies, answer.n_external)]
