"""Results of a validation as a file, a table in the terminal, and a page with its figure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from heterodot.data.validation.measured import (
    Answer,
    Disagreement,
    LevelRecord,
    Measured,
    Quantity,
)
from heterodot.errors import InputError
from heterodot.writing import write_atomically

DIGITS = 6
"""Significant digits kept of a number."""

HEAD = """# What each level may be believed for

This page is written by `heterodot validate --write` from the results it has stored in
`src/heterodot/data/validation/measured.json`; no number of it is typed. `heterodot validate` runs
every installed level again, `heterodot validate --levels gpaw --quantities reaction-enthalpies` one
of them for one quantity. The caveats of a level in reports and figures are read from the same file.

Mean absolute error, in brackets the largest with its sign. An empty cell has its reason
[below](#empty-cells). Single numbers: [gas reactions](#gas-reactions-δh298-k) and what follows.
"""

READING = """
## How to read it

- Potentials were fitted to PBE (some to r2SCAN) energies without dispersion: against PBE-D3 on
  Cu(111), what D3 adds to the binding (a few tenths of an eV for COOH and HCOO) is in their error.
  OH* is not among them: the library has none, and no other PBE-D3 one on Cu(111) was found.
- Harmonic wavenumbers are compared with harmonic ones where experiment gives them, and with
  fundamentals, which lie 1 to 5 % lower, where it does not.
- Lattice constants of PBE are 1 to 3 % too long by themselves, of layered MoS2 without dispersion
  far more; elastic constants suffer twice: potentials are known to be too soft.
- Energies at the geometries of the reference show how well a level follows its energies, those at
  own minima what a study by that level alone gives: an adsorbate may have left its site on the way.
- The reference of the small dot is our own GPAW, whose double-zeta basis is off by 0.2 to 0.35 eV
  itself: what is told there is how well a level follows it.
- d-band centres by LMTO: the trend counts. The correlation stands with the numbers.
- The cost is CPU time on the machine named, one thread.
"""


def write_results(found: Measured, path: Path) -> None:
    """Write all results as JSON, numbers to six digits.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    text = json.dumps(_rounded(found.to_dict()), indent=1, ensure_ascii=False) + "\n"
    _write(path, text)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error


def write_report(found: Measured, path: Path) -> list[Path]:
    """Write the page and, beside it under the same name, its figure; return what was written."""
    from heterodot.analysis.figures.style import save_figure
    from heterodot.analysis.validation.plot import plot_validation

    written = [path]
    figure = ""
    try:
        png, svg = save_figure(plot_validation(found), path.with_suffix(""))
    except InputError as error:
        if "nothing to draw" not in str(error):
            raise
    else:
        written += [png, svg]
        figure = png.name
    _write(path, page(found, figure))
    return written


def page(found: Measured, figure: str = "") -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    found : Measured
    figure : str
        File name of its figure; none unless given.
    """
    parts = [HEAD, _overview(found)]
    if figure:
        parts.append(f"![Errors of every level in every quantity]({figure})\n")
    parts.append(READING)
    if found.disagreement is not None:
        parts.append(_disagreement(found.disagreement))
    parts += [_section(found, name, quantity) for name, quantity in found.quantities.items()]
    parts += [_empty(found), _rests_on(found)]
    return "\n".join(part.rstrip() + "\n" for part in parts if part)


def summary(found: Measured) -> str:
    """Return the table of errors for a terminal."""
    rows = _overview_rows(found)
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _overview(found: Measured) -> str:
    return _table(_overview_rows(found))


def _overview_rows(found: Measured) -> list[list[str]]:
    head = [f"{q.title} ({q.error_unit})" for q in found.quantities.values()]
    rows = [["level", *head]]
    for record in found.levels:
        cells = [_cell(q, record.answers.get(name)) for name, q in found.quantities.items()]
        rows.append([record.label, *cells])
    return rows


def _cell(quantity: Quantity, answer: Answer | None) -> str:
    if answer is None or not answer.values:
        return ""
    errors = quantity.errors(answer.values)
    if errors is None:
        return ", ".join(_short(value) for value in answer.values.values())
    of = "" if errors.n == len(quantity.reference) else f", {errors.n} of {len(quantity.reference)}"
    return f"{_short(errors.mae)} ({_short(errors.largest, sign=True)}{of})"


def _short(value: float, *, sign: bool = False) -> str:
    """Return a number with two digits behind the point, or as many as three in all."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def _section(found: Measured, name: str, quantity: Quantity) -> str:
    records = [r for r in found.levels if name in r.answers and r.answers[name].values]
    if not records:
        return ""
    lines = [f"## {quantity.title[0].upper()}{quantity.title[1:]}\n", f"{quantity.against}.\n"]
    items = list(quantity.reference) or list(
        dict.fromkeys(item for r in records for item in r.answers[name].values)
    )
    kind = f"{quantity.unit}, errors in %" if quantity.relative else quantity.unit
    head = [kind, *(["reference"] if quantity.reference else []), *(r.label for r in records)]
    rows = [head]
    for item in items:
        right = quantity.reference.get(item)
        row = [item, *([] if right is None else [_right(quantity, right)])]
        rows.append([*row, *(_item(quantity, item, r.answers[name]) for r in records)])
    if name == "d-bands":
        trend = [_correlation(quantity, r.answers[name]) for r in records]
        rows.append(["correlation with the reference", "", *trend])
    lines.append(_table(rows))
    return "\n".join(lines)


def _right(quantity: Quantity, value: float) -> str:
    return f"{value:.4g}" if quantity.relative else _short(value)


def _item(quantity: Quantity, item: str, answer: Answer) -> str:
    if item not in answer.values:
        return ""
    if quantity.relative:
        return _short(quantity.deviations(answer.values)[item], sign=True)
    return _short(answer.values[item])


def _correlation(quantity: Quantity, answer: Answer) -> str:
    import numpy as np

    common = [item for item in quantity.reference if item in answer.values]
    if len(common) < 3:
        return ""
    pairs = np.array([[quantity.reference[i], answer.values[i]] for i in common])
    return f"{np.corrcoef(pairs.T)[0, 1]:.3f}"


def _disagreement(judged: Disagreement) -> str:
    n = len(judged.spreads)
    lines = [
        "## When potentials disagree\n",
        f"The spread (sample standard deviation) of {', '.join(judged.members)} beside the error "
        f"of their mean, for {n} reaction energies. A mean that is off by more than "
        f"{judged.tolerated:g} eV should be told by the spread; the threshold that parts best what "
        f"is wrong from what is not is **{judged.threshold:g} eV**: {judged.told} of "
        f"{judged.told + judged.untold} wrong means are flagged, and {judged.false_alarms} of "
        f"{judged.false_alarms + judged.quiet} right ones. This is the number the flag "
        "`potentials-disagree` reads. What all members have in common, their functional and their "
        "training data, no spread can tell; between spread and size of the error the correlation "
        f"is {_common(judged):.2f}.\n",
    ]
    rows = [["energy (eV)", "spread", "error of the mean"]]
    rows += [
        [item, _short(judged.spreads[item]), _short(judged.errors[item], sign=True)]
        for item in sorted(judged.spreads, key=lambda each: judged.spreads[each])
    ]
    return "\n".join([*lines, _table(rows)])


def _common(judged: Disagreement) -> float:
    """Return Pearson's correlation of spread and absolute error."""
    import numpy as np

    pairs = [[judged.spreads[item], abs(judged.errors[item])] for item in judged.spreads]
    return float(np.corrcoef(np.array(pairs).T)[0, 1])


def _empty(found: Measured) -> str:
    """Say why cells and items are empty, and what was flagged."""
    rows = [["level", "quantity", "why", "flags"]]
    for record, name, answer in _answers(found):
        if answer.missing or answer.flags:
            title = found.quantities[name].title
            flags = "; ".join(answer.flags)
            rows.append([record.label, title, _reasons(record.label, answer), flags])
    return "## Empty cells\n\n" + _table(rows) if len(rows) > 1 else ""


def _reasons(label: str, answer: Answer) -> str:
    """Return each reason with the items it holds for, without advice on other codes."""
    items: dict[str, list[str]] = {}
    for item, why in answer.missing.items():
        short = why.partition("; ")[0].removeprefix(f"{label}: ").replace("|", "\\|")
        items.setdefault(short, []).append(item)
    return "; ".join(
        f"{', '.join(each)}: {why}" if any(each) else why for why, each in items.items()
    )


def _answers(found: Measured) -> Iterable[tuple[LevelRecord, str, Answer]]:
    for record in found.levels:
        for name, answer in record.answers.items():
            if name in found.quantities:
                yield record, name, answer


def _rests_on(found: Measured) -> str:
    rows = [["level", "as a study writes it", "trained on", "programs", "cost measured on"]]
    for record in found.levels:
        level = json.dumps({k: v for k, v in record.level.items() if v}, ensure_ascii=False)
        versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
        rows.append([record.label, f"`{level}`", record.trained_on, versions, record.machine])
    return "## What it rests on\n\n" + _table(rows)


def _table(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]) + "\n"
