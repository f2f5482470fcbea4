"""Text for a terminal, whoever wrote it."""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def one_line(text: object) -> str:
    """Return text on one line; what would steer the terminal is shown as an escape instead.

    Labels, messages and notes come from files, and files may come from others.
    """
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], " ".join(str(text).split()))
