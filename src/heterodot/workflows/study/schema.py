"""The shape of a study file, version 1; extra keys are refused.

The parameters of building steps and of questions are checked against the functions and workflows
themselves (:mod:`heterodot.structures.recipes.parameters`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from heterodot.structures.recipes.parameters import site_rule_model

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}\Z")


def check_name(name: str) -> str:
    """Return a name that may become part of a file name; ValueError for any other."""
    if not _NAME.match(name):
        raise ValueError("a name of letters, digits, '.', '_', '-' (64 at most, no '.' first)")
    return name


Name = Annotated[str, AfterValidator(check_name)]
SiteRule: Any = site_rule_model()
Site: Any = int | Literal["active"] | SiteRule
"""An atom: its number, a rule, or the one a defect was put beside."""


Line = Annotated[str, AfterValidator(lambda text: " ".join(text.split()))]
"""Text for one line of a table or a figure, however many the file writes it on."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class SystemModel(_Part):
    """A structure: read from a file, built step by step, or found by a question before it."""

    label: Line = ""
    file: str | None = None
    frame: int | None = None
    from_: str | None = Field(default=None, alias="from", description="system/question")
    state: str | None = None
    build: list[dict[str, Any]] | None = None
    lattice: Line | None = None
    charge: int | None = None
    site: Site | None = None

    @model_validator(mode="after")
    def _one_source(self) -> SystemModel:
        if self.from_ is not None:
            if self.file is not None:
                raise ValueError("either 'file' or 'from'")
        elif (self.file is None) == (self.build is None):
            raise ValueError("either 'file' or 'build', or 'from': an answer of this study")
        if self.state is not None and self.from_ is None:
            raise ValueError("'state' with 'from' only: it chooses one structure of an answer")
        if self.build is not None and not self.build:
            raise ValueError("at least one step in 'build'")
        if self.lattice is not None and (self.build is None or self.from_ is not None):
            raise ValueError("'lattice' with 'build' only: it says whose crystals it begins with")
        if self.frame is not None and self.file is None:
            raise ValueError("'frame' with 'file' only: it chooses one structure of several")
        return self


class LevelModel(_Part):
    """A level of theory, see ``heterodot.calculators.Level``."""

    code: str = Field(description="the name of a code (see: heterodot info)")
    protocol: str = "moderate"
    overrides: dict[str, Any] = Field(default_factory=dict)
    ranks: int = Field(default=1, ge=1)
    prior: str | dict[str, Any] | None = None
    geometry: str | dict[str, Any] | None = None


class PublishedModel(_Part):
    """Numbers of others, to be set beside ours: of one system and question, by our names."""

    system: str
    question: str
    values: dict[str, float] = Field(min_length=1, description="at least one value")
    source: Line = Field(min_length=1, description="where the numbers are from")


class StudyModel(_Part):
    """A study: systems × levels × questions."""

    heterodot: Literal[1] = Field(description="heterodot: 1, the version of this schema")
    title: Line = ""
    systems: dict[Name, SystemModel] = Field(min_length=1, description="at least one system")
    levels: dict[Name, LevelModel] = Field(min_length=1, description="at least one level of theory")
    questions: list[dict[str, Any]] = Field(min_length=1, description="at least one question")
    published: list[PublishedModel] = Field(default_factory=list)
    output: str | None = None
    workers: int | None = Field(default=None, ge=1, le=1024)
    executor: Literal["local", "slurm", "slurm-block", "parsl"] = "local"
