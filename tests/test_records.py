"""One converter for dataclasses: what it writes, what it reads back, what it refuses."""

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import numpy as np
import pytest

import heterodot
from heterodot.errors import InputError
from heterodot.records import (
    Fits,
    Ints,
    Numbers,
    Record,
    RecordError,
    convert_fields,
    plain,
    read,
    read_record,
    register,
)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner(Record):
    name: str
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Whole(Record, also=("total",)):
    number: float
    pair: tuple[float, int]
    inner: Inner | None
    inners: tuple[Inner, ...]
    weights: Mapping[str, float]
    histogram: dict[int, int]
    array: np.ndarray
    counts: Ints
    colour: Colour
    folder: Path
    kind: Literal["a", "b"] = "a"
    yes: bool = True
    either: float | tuple[float, float] = 0.0
    anything: Any = None
    notes: list[str] = field(default_factory=list)

    @property
    def total(self) -> float:
        return float(self.array.sum())


def whole() -> Whole:
    return Whole(
        number=np.float64(1.5),
        pair=(2.0, np.int64(3)),
        inner=None,
        inners=(Inner("x", (1, 2)), Inner("y")),
        weights={"Cu": 0.25},
        histogram={4: 2},
        array=np.array([[1.0, 2.0], [3.0, 4.0]]),
        counts=np.array([1, 2]),
        colour=Colour.BLUE,
        folder=Path("a/b"),
        either=(1.0, 2.0),
        anything=[{"b": 1}],
    )


def test_it_is_written_as_plain_json_in_the_order_of_the_fields():
    assert json.dumps(whole().to_dict()) == (
        '{"number": 1.5, "pair": [2.0, 3], "inner": null, '
        '"inners": [{"name": "x", "sizes": [1, 2]}, {"name": "y", "sizes": []}], '
        '"weights": {"Cu": 0.25}, "histogram": {"4": 2}, "array": [[1.0, 2.0], [3.0, 4.0]], '
        '"counts": [1, 2], "colour": "blue", "folder": "a/b", "kind": "a", "yes": true, '
        '"either": [1.0, 2.0], "anything": [{"b": 1}], "notes": [], "total": 10.0}'
    )


def test_what_was_written_is_read_back_as_it_was():
    data = json.loads(json.dumps(whole().to_dict()))
    back = Whole.from_dict(data)
    assert back.to_dict() == whole().to_dict()
    assert back.pair == (2.0, 3)
    assert back.inners == (Inner("x", (1, 2)), Inner("y"))
    assert back.histogram == {4: 2}
    assert back.colour is Colour.BLUE
    assert back.folder == Path("a/b")
    assert back.either == (1.0, 2.0)
    assert (back.array.dtype.kind, back.counts.dtype.kind) == ("f", "i")


def test_fields_with_defaults_may_be_missing():
    assert Inner.from_dict({"name": "x"}) == Inner("x")


WRONG = [
    ({"name": 3}, "Inner.name: given 3, expected a text"),
    ({"name": "x", "sizes": [1, 2.5]}, "Inner.sizes[1]: given 2.5, expected a whole number"),
    ({"name": "x", "sizes": "12"}, "Inner.sizes: given '12', expected a list"),
    ({"sizes": []}, "Inner.name: not given"),
    (
        {"name": "x", "size": []},
        "Inner.size: unknown, expected one of name, sizes; did you mean 'sizes'?",
    ),
    ([1], "Inner: given [1], expected a table of name, sizes"),
]


@pytest.mark.parametrize(("data", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_cannot_be_read_is_told_in_one_line(data, said):
    with pytest.raises(RecordError) as caught:
        Inner.from_dict(data)
    assert said in str(caught.value)
    assert isinstance(caught.value, InputError)


class NotAWordError(InputError):
    """What a class may raise of its own."""


WORD = Annotated[str, Fits(str.isalpha, "a word of letters")]


@dataclass(frozen=True)
class Fitting(Record, error=NotAWordError):
    name: WORD
    words: Annotated[tuple[WORD, ...], Fits(len, "one word or more")] = ("x",)
    year: Annotated[int, Fits((1900).__le__, "a year from 1900 on")] = 2000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Fitting.name: not given, expected a word of letters"),
        ({"name": "a b"}, "Fitting.name: given 'a b', expected a word of letters"),
        ({"name": 3}, "Fitting.name: given 3, expected a word of letters"),
        ({"name": "a", "words": []}, "Fitting.words: given [], expected one word or more"),
        ({"name": "a", "words": "b"}, "Fitting.words: given 'b', expected one word or more"),
        ({"name": "a", "words": ["b", 1]}, "Fitting.words[1]: given 1, expected a word of letters"),
        ({"name": "a", "year": 1899}, "Fitting.year: given 1899, expected a year from 1900 on"),
    ],
)
def test_what_fits_is_said_and_raised_as_the_class_wants(data, said):
    with pytest.raises(NotAWordError) as caught:
        Fitting.from_dict(data)
    assert str(caught.value) == said


def test_what_fits_is_read():
    given = {"name": "a", "words": ["b"], "year": 1900}
    assert Fitting.from_dict(given) == Fitting("a", ("b",), 1900)


def test_a_field_that_is_not_for_the_data_to_give():
    assert read_record(Inner, {"sizes": [1]}, "x", name="y") == Inner("y", (1,))
    with pytest.raises(RecordError, match=r"x\.name: unknown, expected one of sizes"):
        read_record(Inner, {"name": "z"}, "x", name="y")


@dataclass(frozen=True)
class Measured(Record, none_for_nan=True):
    n: int
    value: float
    known: float | None = None


def test_numbers_that_are_none_are_written_as_none():
    assert Measured(3, float("nan"), 0.5).to_dict() == {"n": 3, "value": None, "known": 0.5}
    back = Measured.from_dict({"n": 3, "value": None})
    assert np.isnan(back.value)
    assert back.known is None
    with pytest.raises(RecordError, match=r"Measured\.n: given None"):
        Measured.from_dict({"n": None, "value": 1.0})


TYPES = [
    (float, True, "given True, expected a number"),
    (float, "1", "given '1', expected a number"),
    (int, True, "given True, expected a whole number"),
    (bool, 1, "given 1, expected true or false"),
    (tuple[float, float], [1.0], "given [1.0], expected 2 values"),
    (Mapping[str, float], [1.0], "given [1.0], expected a table of names and values"),
    (dict[int, int], {"a": 1}, "given ['a'], expected whole numbers as names"),
    (dict[int, int], {"1": "x"}, "given 'x', expected a whole number"),
    (Literal["a", "b"], "c", "given 'c', expected one of 'a', 'b'"),
    (Colour, "green", "given 'green', expected one of 'red', 'blue'"),
    (np.ndarray, ["x"], "given ['x'], expected an array of numbers"),
    (np.ndarray, None, "given None, expected an array of numbers"),
    (float | tuple[float, float], "x", "given 'x', expected a list"),
    (str | int, 1.5, "given 1.5, expected a text or a whole number"),
    (Inner | None, 3, "place: given 3, expected a table of name, sizes"),
    (Inner, {"name": 1}, "place.name: given 1, expected a text"),
]


@pytest.mark.parametrize(("hint", "value", "said"), TYPES, ids=[str(t[0]) for t in TYPES])
def test_a_value_of_another_type_is_told_with_its_place(hint, value, said):
    with pytest.raises(RecordError) as caught:
        read(hint, value, "place")
    assert said in str(caught.value)


def test_what_a_caller_makes_by_hand_is_made_of_the_right_types():
    inner, all_of_them = Inner("x", [1, 2]), whole()
    convert_fields(inner)
    assert inner.sizes == (1, 2)
    convert_fields(all_of_them)
    assert all_of_them.to_dict() == whole().to_dict()
    with pytest.raises(RecordError, match="sizes: given 3, expected a list"):
        convert_fields(Inner("x", 3))


def test_arrays_stay_arrays_where_the_class_keeps_them():
    @dataclass(frozen=True)
    class Stored(Record, keep_arrays=True):
        values: Numbers
        inner: Inner

    values = np.array([1 + 2j])
    data = Stored(values, Inner("x")).to_dict()
    assert data["values"] is values
    assert data["inner"] == {"name": "x", "sizes": []}
    assert read(Numbers, values, "values")[0] == 1 + 2j


def test_a_class_may_choose_and_order_what_is_written():
    @dataclass(frozen=True)
    class Chosen(Record, written=("twice", "n")):
        n: int
        hidden: int

        @property
        def twice(self) -> int:
            return 2 * self.n

    assert list(Chosen(2, 9).to_dict().items()) == [("twice", 4), ("n", 2)]


def test_a_lenient_class_passes_over_what_is_no_field_and_nothing_else():
    @dataclass(frozen=True)
    class Other(Record, lenient=True):
        n: int

    assert Other.from_dict({"n": 1, "of a later version": []}) == Other(1)
    for wrong in ({"n": "1"}, {"of a later version": 1}):
        with pytest.raises(RecordError, match=r"Other\.n: "):
            Other.from_dict(wrong)


def test_objects_of_others_are_written_and_read_as_was_registered_for_them():
    @dataclass(frozen=True)
    class Holder(Record):
        share: Fraction | None
        shares: tuple[Fraction, ...] = ()

    register(Fraction, lambda one: [one.numerator, one.denominator], lambda data: Fraction(*data))
    held = Holder(Fraction(1, 3), (Fraction(2),))
    assert held.to_dict() == {"share": [1, 3], "shares": [[2, 1]]}
    assert Holder.from_dict(held.to_dict()) == held
    assert Holder.from_dict({"share": None}) == Holder(None)
    with pytest.raises(RecordError, match=r"Holder\.share: given 'x', expected what Fraction is"):
        Holder.from_dict({"share": "x"})


def test_what_is_no_json_is_left_to_the_writer():
    thing = object()
    assert plain({"a": (thing,)}) == {"a": [thing]}
    assert type(plain(np.bool_(True))) is bool


def records() -> list[type[Record]]:
    """Every dataclass of heterodot that is a record."""
    for module in pkgutil.walk_packages(heterodot.__path__, "heterodot."):
        if "worker" not in module.name and "__main__" not in module.name:
            importlib.import_module(module.name)
    found, new = [], [Record]
    while new:
        new = [below for one in new for below in one.__subclasses__()]
        found += [
            one for one in new if one.__module__.startswith("heterodot.") and is_dataclass(one)
        ]
    return sorted(set(found), key=lambda one: one.__qualname__)


@pytest.mark.parametrize("record", records(), ids=lambda one: one.__name__)
def test_every_record_can_be_read_and_says_what_it_writes(record):
    hints = get_type_hints(record, include_extras=True)
    for name in (*record._written, *record._also):
        assert name in hints or isinstance(getattr(record, name, None), property), name
    with pytest.raises(record._error):
        record.from_dict([1] if record._lenient else {"no such field": 1})
