"""CITATION.cff says what pyproject.toml says, in the words of the Citation File Format 1.2."""

import tomllib
from pathlib import Path

import pytest
import yaml

import heterodot

ROOT = Path(__file__).parent.parent

REQUIRED = {"authors", "cff-version", "message", "title"}
ALLOWED = REQUIRED | {
    "abstract", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license",
    "license-url", "preferred-citation", "references", "repository", "repository-artifact",
    "repository-code", "type", "url", "version",
}  # fmt: skip
"""Keys of a file: schema guide of the Citation File Format 1.2.0, doi:10.5281/zenodo.5171937."""

ENTITY = {
    "address", "alias", "city", "country", "date-end", "date-start", "email", "fax", "location",
    "name", "orcid", "post-code", "region", "tel", "website",
}  # fmt: skip
"""Keys of an author who is not a person; ``name`` is required. From the same guide."""


@pytest.fixture(scope="module")
def citation() -> dict:
    return yaml.safe_load((ROOT / "CITATION.cff").read_text())


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_citation_file_is_one(citation):
    assert citation["cff-version"] == "1.2.0"
    assert set(citation) >= REQUIRED
    assert set(citation) <= ALLOWED
    assert citation["type"] in ("software", "dataset")
    for key in ("message", "title", "abstract", "version", "license"):
        assert isinstance(citation[key], str), key  # 0.1 would be read as a number
        assert citation[key].strip(), key
    for author in citation["authors"]:
        assert "name" in author
        assert set(author) <= ENTITY


def test_the_citation_says_what_the_package_says(citation, project):
    assert citation["title"] == project["name"]
    assert citation["version"] == heterodot.__version__
    assert "version" in project["dynamic"]  # setuptools reads heterodot.__version__
    assert citation["license"] == project["license"]
    assert citation["abstract"] == project["description"]
    assert citation["keywords"] == project["keywords"]
    assert [a["name"] for a in citation["authors"]] == [a["name"] for a in project["authors"]]
