"""Named settings per code: ``fast``, ``moderate`` and ``precise``, read from YAML once."""

from __future__ import annotations

import copy
from functools import cache
from importlib import resources
from typing import Any

PROTOCOL_NAMES = ("fast", "moderate", "precise")
"""Every code has these three; what they mean is in ``protocols/<code>.yaml``."""


def load_protocols(name: str) -> dict[str, dict[str, Any]]:
    """Return the protocols of the code called ``name``: settings by protocol name.

    The file is read on the first call and kept; the result is the caller's own copy.
    """
    return copy.deepcopy(_read(name))


@cache
def _read(name: str) -> dict[str, dict[str, Any]]:
    import yaml

    folder = resources.files("heterodot.calculators").joinpath("protocols")
    data = yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"))
    return {protocol: dict(data[protocol] or {}) for protocol in PROTOCOL_NAMES}
