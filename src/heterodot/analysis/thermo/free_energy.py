"""Gibbs energies of adsorbates from an energy and vibrational frequencies, and their parts.

G = E + ZPE + ∫Cp dT − TS, with the partition functions of ``ase.thermochemistry`` (C. J. Cramer,
Essentials of Computational Chemistry, 2nd ed., Wiley 2004, chapter 10). Frequencies are in cm⁻¹
with imaginary ones written as negative numbers; energies in eV, temperatures in K, pressures in
Pa.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ase import Atoms, units

from heterodot.analysis.thermo.external_modes import ACOUSTIC_MODE, split_external, split_zeros
from heterodot.checks import finite, finite_array, positive
from heterodot.data.conditions import STANDARD_PRESSURE, STANDARD_TEMPERATURE
from heterodot.data.flags import Flag
from heterodot.deprecation import renamed
from heterodot.errors import InputError
from heterodot.records import Record

_MOST_EXTERNAL = 6
"""Translations and rotations of a whole molecule; a crystal has three, a linear molecule five."""

LOW_MODE = 50.0
"""cm⁻¹: below this a harmonic entropy is dominated by a mode that is not harmonic. At 298 K TS of a
harmonic mode there is 0.062 eV, that of free motion along 1 Å 0.044 to 0.061 eV (12 to 44 amu).
Chosen; nothing depends on it beyond the flag."""

DEFAULT_CUTOFF = 100.0
"""cm⁻¹: quasi-harmonic cut-off (R. F. Ribeiro et al., J. Phys. Chem. B 2011, 115, 14556)."""


@dataclass(frozen=True)
class FreeEnergy(
    Record,
    written=(
        *("energy", "zpe", "enthalpy_correction", "entropy_term", "gibbs", "temperature"),
        *("pressure", "model", "frequencies", "imaginary", "flags"),
    ),
):
    """A Gibbs energy and its parts, all eV.

    Attributes
    ----------
    energy : float
        Electronic (potential) energy E.
    zpe : float
        Zero-point energy.
    enthalpy_correction : float
        ∫Cp dT from 0 to T for a gas (H(T) − H(0)); ∫Cv dT for an adsorbate (its pV is neglected).
    entropy_term : float
        T·S, so that gibbs = energy + zpe + enthalpy_correction − entropy_term.
    temperature : float
        K.
    pressure : float or None
        Pa; None for an adsorbate.
    model : str
        "ideal gas", "harmonic", "quasi-harmonic (100 cm⁻¹)" or "none"; modes left out as
        translations and rotations are named behind it.
    frequencies : tuple of float
        All frequencies that were given, cm⁻¹, imaginary as negative numbers.
    imaginary : tuple of float
        The imaginary ones among the modes that count as vibrations, cm⁻¹ (negative).
    flags : tuple of Flag
    """

    energy: float
    zpe: float
    enthalpy_correction: float
    entropy_term: float
    temperature: float
    pressure: float | None
    model: str
    frequencies: tuple[float, ...] = ()
    imaginary: tuple[float, ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def gibbs(self) -> float:
        """G = E + ZPE + ∫Cp dT − TS, eV."""
        return self.energy + self.correction

    @property
    def correction(self) -> float:
        """G − E, eV."""
        return self.zpe + self.enthalpy_correction - self.entropy_term

    @property
    def entropy(self) -> float:
        """S, eV/K."""
        return self.entropy_term / self.temperature


@renamed(structure="atoms")
def harmonic(
    energy: float,
    frequencies: Sequence[float],
    temperature: float = STANDARD_TEMPERATURE,
    atoms: Atoms | None = None,
    n_external: int | None = None,
) -> FreeEnergy:
    """Gibbs energy of an adsorbate, every mode a harmonic oscillator (G ≈ F: no pV term).

    Parameters
    ----------
    energy : float
        Electronic energy, eV.
    frequencies : sequence of float
        Vibrations of the adsorbate, cm⁻¹, imaginary as negative. Empty: no correction.
    temperature : float
        K.
    atoms : Atoms, optional
        A crystal, slab or molecule all of whose atoms moved: its translations (for a crystal the
        three acoustic modes at Γ) and rotations are left out, and the model says so; see
        :func:`heterodot.analysis.thermo.external_modes.split_external`. Not for an adsorbate on a
        surface held still. Without it, three, five or six modes below 1 cm⁻¹ are taken for them.
    n_external : 0, optional
        Says that no mode is a translation or rotation of the whole: those of an adsorbate on a
        surface held still. Then every mode counts as a vibration.

    Returns
    -------
    FreeEnergy
        Imaginary (and zero) modes are left out of the sums, and flagged; modes below
        :data:`LOW_MODE` are flagged.

    Raises
    ------
    InputError
        Energy or frequencies not finite, T not positive, a structure with other modes, or
        ``n_external`` neither None nor 0.
    """
    all_modes = checked_frequencies(frequencies)
    check_conditions(temperature)
    vibrations, left_out, flags = _vibrations(all_modes, atoms, n_external)
    real = [nu for nu in vibrations if nu > 0]
    imaginary = tuple(nu for nu in vibrations if nu <= 0)
    if imaginary:
        what = "left out of ZPE and entropy: G is too high"
        flags = (*flags, imaginary_flag(imaginary, what, _hint(all_modes, atoms, n_external)))
    low = [nu for nu in real if nu < LOW_MODE]
    if low:
        flags = (*flags, _low_mode_flag(low))
    model = "harmonic" + left_out
    return _oscillators(energy, real, all_modes, temperature, model, imaginary, flags)


@renamed(structure="atoms")
def quasi_harmonic(
    energy: float,
    frequencies: Sequence[float],
    temperature: float = STANDARD_TEMPERATURE,
    cutoff: float = DEFAULT_CUTOFF,
    atoms: Atoms | None = None,
    n_external: int | None = None,
) -> FreeEnergy:
    """Gibbs energy of an adsorbate with every mode below ``cutoff`` raised to it.

    The quasi-harmonic approximation of Ribeiro, Marenich, Cramer and Truhlar (J. Phys. Chem. B
    2011, 115, 14556, doi:10.1021/jp205508z). Imaginary modes are raised too, so that every
    structure of a series keeps the same number of oscillators, and are flagged.

    Parameters
    ----------
    energy : float
        Electronic energy, eV.
    frequencies : sequence of float
        Vibrations of the adsorbate, cm⁻¹, imaginary as negative. Empty: no correction.
    temperature : float
        K.
    cutoff : float
        cm⁻¹.
    atoms : Atoms, optional
        As in :func:`harmonic`.
    n_external : 0, optional
        As in :func:`harmonic`.

    Returns
    -------
    FreeEnergy

    Raises
    ------
    InputError
        Energy or frequencies not finite, T or the cut-off not positive, a structure with other
        modes, or ``n_external`` neither None nor 0.
    """
    all_modes = checked_frequencies(frequencies)
    check_conditions(temperature)
    cutoff = positive(cutoff, "cutoff", "cm⁻¹")
    vibrations, left_out, flags = _vibrations(all_modes, atoms, n_external)
    imaginary = tuple(nu for nu in vibrations if nu <= 0)
    if imaginary:
        what = f"raised to {cutoff:g} cm⁻¹"
        flags = (*flags, imaginary_flag(imaginary, what, _hint(all_modes, atoms, n_external)))
    raised = [max(nu, cutoff) for nu in vibrations]
    model = f"quasi-harmonic ({cutoff:g} cm⁻¹)" + left_out
    return _oscillators(energy, raised, all_modes, temperature, model, imaginary, flags)


def no_correction(energy: float, temperature: float = STANDARD_TEMPERATURE) -> FreeEnergy:
    """Return the bare electronic energy as a Gibbs energy (the clean dot of a difference).

    The vibrations of the dot are taken to be the same with and without the adsorbate.
    """
    check_conditions(temperature)
    return FreeEnergy(
        finite(energy, "energy", "eV"), 0.0, 0.0, 0.0, float(temperature), None, "none"
    )


def _vibrations(
    frequencies: tuple[float, ...], structure: Atoms | None, n_external: int | None
) -> tuple[Sequence[float], str, tuple[Flag, ...]]:
    """Return the modes that vibrate, what is said of the others, and a doubt about them."""
    flags: tuple[Flag, ...] = ()
    if n_external is not None:
        if isinstance(n_external, bool) or n_external != 0 or structure is not None:
            given = "" if structure is None else " with a structure, whose own are left out"
            raise InputError(f"n_external {n_external!r}{given}: expected 0, or only a structure")
        return frequencies, "", ()
    if structure is None:
        vibrations, count = split_zeros(frequencies)
    else:
        vibrations, count, flags = split_external(frequencies, structure)
    what = "translations" if count == 3 else "translations and rotations"
    return vibrations, f", {count} {what} left out" if count else "", flags


def _oscillators(
    energy: float,
    used: Sequence[float],
    given: tuple[float, ...],
    temperature: float,
    model: str,
    imaginary: tuple[float, ...],
    flags: tuple[Flag, ...],
) -> FreeEnergy:
    """Sum the oscillators ``used`` (cm⁻¹, all positive) by ASE's harmonic partition function."""
    from ase.thermochemistry import HarmonicThermo

    energy = finite(energy, "energy", "eV")
    zpe = internal = entropy = 0.0
    if used:  # ASE's class cannot take an empty list
        thermo = HarmonicThermo([nu * units.invcm for nu in used])
        zpe = float(thermo.get_ZPE_correction())
        internal = float(thermo.get_internal_energy(temperature, verbose=False))
        entropy = float(thermo.get_entropy(temperature, verbose=False))
    return FreeEnergy(
        energy=energy,
        zpe=zpe,
        enthalpy_correction=internal - zpe,
        entropy_term=temperature * entropy,
        temperature=float(temperature),
        pressure=None,
        model=model,
        frequencies=given,
        imaginary=imaginary,
        flags=flags,
    )


def checked_frequencies(frequencies: Sequence[float]) -> tuple[float, ...]:
    """Return the frequencies as floats.

    Raises
    ------
    InputError
        Complex, not finite, or no numbers.
    """
    unit = "cm⁻¹, imaginary ones as negative"
    return tuple(float(nu) for nu in finite_array(frequencies, "frequencies", unit))


def check_conditions(temperature: float, pressure: float = STANDARD_PRESSURE) -> None:
    """Raise InputError unless T (K) and p (Pa) are positive."""
    positive(temperature, "temperature", "K")
    positive(pressure, "pressure", "Pa")


def imaginary_flag(imaginary: Sequence[float], what: str, hint: str = "") -> Flag:
    """Flag imaginary modes (cm⁻¹, negative) with what was done to them."""
    text = ", ".join(f"{abs(nu):.0f}i" for nu in imaginary)
    return Flag("imaginary-mode", f"{text} cm⁻¹, {what}; not a minimum{hint}")


def _hint(modes: Sequence[float], structure: Atoms | None, n_external: int | None) -> str:
    """Say that imaginary modes may be translations, where nothing is known of what moved.

    That they are takes all 3N modes, and no more small imaginary ones than a whole has external.
    """
    imaginary = [nu for nu in modes if nu <= 0]
    known = structure is not None or n_external is not None
    if known or len(modes) % 3 or len(imaginary) > _MOST_EXTERNAL:
        return ""
    if min(imaginary) <= -ACOUSTIC_MODE:
        return ""
    return " (or the translations of a whole crystal or molecule: give its structure)"


def _low_mode_flag(low: Sequence[float]) -> Flag:
    text = ", ".join(f"{nu:.0f}" for nu in low)
    return Flag(
        "low-mode",
        f"{text} cm⁻¹ below {LOW_MODE:g}: harmonic entropy unreliable, see quasi_harmonic",
    )
