"""Options of densities and bands, as objects or as keywords: both mean the same."""

import inspect
from typing import get_type_hints

import numpy as np
import pytest
from ase import Atoms

from heterodot.analysis import (
    BandOptions,
    CurveOptions,
    OrbitalSelection,
    band_moments,
    projected_dos,
)
from heterodot.analysis.bands.options import BandKeywords, DensityKeywords
from heterodot.errors import InputError

OWN = {"es", "atoms", "element", "l", "kind", "label", "selection", "curve"}


def test_keywords_are_the_fields_of_the_objects():
    fields = {**get_type_hints(OrbitalSelection), **get_type_hints(CurveOptions)}
    named = get_type_hints(DensityKeywords)
    assert named.items() <= fields.items()
    shown = inspect.signature(projected_dos).parameters
    assert set(shown) == OWN | set(named) == OWN | set(fields)
    assert (shown["width"].default, shown["reference"].default) == (0.1, "fermi")
    assert get_type_hints(BandKeywords) == get_type_hints(BandOptions)
    assert inspect.signature(band_moments).parameters["edge_width"].default == 0.2
    for function in (projected_dos, band_moments):
        assert function.__code__.co_argcount + function.__code__.co_kwonlyargcount <= 8


def test_a_density_takes_objects_or_keywords(molecule_like):
    atoms = Atoms(numbers=molecule_like.numbers, positions=np.diag([1.0, 2.0, 3.0]))
    atoms.set_array("domain", np.array(["core", "shell", "shell"]))
    grid = np.linspace(-5.0, 5.0, 50)
    by_name = projected_dos(
        molecule_like, l="p", kind="Mulliken", structure=atoms, domain="shell", energies=grid,
        width=0.2, broadening="lorentzian", reference="vbm",
    )  # fmt: skip
    selection = OrbitalSelection(l="s", kind="Mulliken", structure=atoms, domain="shell")
    curve = CurveOptions(grid, 0.2, "lorentzian", "fermi")
    by_object = projected_dos(
        molecule_like, l="p", selection=selection, curve=curve, reference="vbm"
    )  # what is given by name wins
    assert by_object.values == pytest.approx(by_name.values)
    assert by_object.label == by_name.label == "p, shell"
    assert by_object.reference == "vbm"
    positional = projected_dos(molecule_like, None, None, "p", "Mulliken")
    assert positional.label == "p"
    with pytest.raises(TypeError, match=r"projected_dos\(\) got an unexpected .*'colour'"):
        projected_dos(molecule_like, colour=1)
    with pytest.raises(InputError, match="given options of type float, expected CurveOptions"):
        projected_dos(molecule_like, curve=0.1)


def test_a_band_takes_an_object_or_keywords(molecule_like):
    options = BandOptions(occupied_only=True, reference="fermi", spin=0)
    by_object = band_moments(molecule_like, "Cu", band=options, reference="vbm")
    by_name = band_moments(molecule_like, "Cu", occupied_only=True, reference="vbm", spin=0)
    assert by_object == by_name
    with pytest.raises(TypeError, match=r"band_moments\(\) got an unexpected .*'colour'"):
        band_moments(molecule_like, colour=1)
