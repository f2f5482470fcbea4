"""The YAML reader: plain data with lines, and no way to hurt the machine."""

import time

import pytest

from heterodot.errors import StudyError
from heterodot.structures.recipes.yamlfile import MAX_BYTES, field_name, load_yaml, parse_yaml


def test_values_follow_yaml_1_2():
    text = "a: NO\nb: 1e-3\nc: [1, 2.5, true, null, '7']\nd: 010\ne: 2026-01-01\nf: 1:30\n"
    data = parse_yaml(text).data
    assert data == {
        "a": "NO",
        "b": 0.001,
        "c": [1, 2.5, True, None, "7"],
        "d": 10,
        "e": "2026-01-01",
        "f": "1:30",
    }


def test_every_value_knows_its_line():
    document = parse_yaml("a:\n  b:\n    - 1\n    - c: 2\nd: 5\n")
    assert document.line(("a", "b", 1, "c")) == 4
    assert document.line(("d",)) == 5
    assert document.line(("a", "b", 1, "missing", 3)) == 4
    assert field_name(("a", "b", 1, "c")) == "a.b[1].c"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "given twice"),
        ("a: !!python/object/apply:os.system ['true']\n", 1, "tag"),
        ("a: 1\n--- \nb: 2\n", 2, "second document"),
        ("a: [1\nb: 2\n", 2, "not valid YAML"),
        ("a: {<<: {b: 1}}\n", 1, "merge keys"),
        ("? [1, 2]\n: 3\n", 1, "compound key"),
        ("a: " + "9" * 5000 + "\n", 1, "digit number"),
        ("", 1, "empty"),
        ("a: *nothing\n", 1, "undefined alias"),
        ("a: \x00\n", 1, "not valid YAML"),
        ("\tkey: 1\n", 1, "not valid YAML"),
    ],
)
def test_faults_are_one_line_with_file_and_line(text, line, words):
    with pytest.raises(StudyError) as caught:
        parse_yaml(text, "my study.yaml")
    message = str(caught.value)
    assert message.startswith(f"my study.yaml:{line}: ")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a: " + "{b: " * 50_000,
        "a: &a [x, x]\n"
        + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
        ),
        "a: &a [*a]\n",
        "a: &a 1\nb: [" + "*a, " * 5000 + "]\n",
    ],
    ids=["deep-lists", "deep-maps", "billion-laughs", "self-alias", "many-aliases"],
)
def test_bombs_are_refused_quickly(text):
    start = time.process_time()
    with pytest.raises(StudyError):
        parse_yaml(text)
    assert time.process_time() - start < 5


def test_huge_missing_and_binary_files(tmp_path):
    big = tmp_path / "big.yaml"
    big.write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(StudyError, match="larger than"):
        load_yaml(big)
    with pytest.raises(StudyError, match="cannot be read"):
        load_yaml(tmp_path / "none.yaml")
    with pytest.raises(StudyError, match="cannot be read"):
        load_yaml(tmp_path)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"a: 1\nb: \xff\xfe\n")
    with pytest.raises(StudyError, match=r"binary.yaml:2: study: not UTF-8"):
        load_yaml(binary)
