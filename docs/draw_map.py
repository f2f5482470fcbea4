"""Draw docs/architecture.svg, the map of the packages, from the imports of the code itself.

``python docs/draw_map.py`` writes it; a test says when it is stale. A box is a package, with the
first sentence of its docstring and the names of its folders; an arrow leads from what imports to
what is imported, wherever in a file the import stands. Arrows that follow from others are left out.
"""

import ast
import sys
import textwrap
from collections import defaultdict
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src" / "heterodot"
MAP = HERE / "architecture.svg"

GROUND = "heterodot"
"""The modules that lie in no package: under all others."""

SPLIT = "workflows"
"""The package whose own packages are drawn one by one."""

WIDTH, ROW_GAP, BOX_GAP, LINE, LANE = 1000, 46, 18, 17, 26
"""Of the drawing, px; a lane is where an arrow passes between boxes."""

COLOURS = {
    GROUND: "#e8e8e8", "data": "#dfeaf4", "structures": "#e2f0df", "calculators": "#fbeeda",
    "analysis": "#ece4f3", SPLIT: "#ffffff", "report": "#f6e3e3", "cli": "#f6e3e3",
}  # fmt: skip


@cache
def packages(folder: Path) -> list[str]:
    """Return the names of the packages in a folder."""
    return sorted(p.parent.name for p in folder.glob("*/__init__.py"))


def box_of(module: str) -> str | None:
    """Return the box a module is drawn in; None for the front door of a split package."""
    parts = module.split(".")[1:]
    if not parts or parts[0] not in packages(SOURCE):
        return GROUND
    if parts[0] != SPLIT:
        return parts[0]
    inside = parts[1] if len(parts) > 1 else ""
    return f"{SPLIT}.{inside}" if inside in packages(SOURCE / SPLIT) else None


def imported(path: Path) -> set[str]:
    """Return the modules a file imports; names of the front door lead to their home."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                home = front_door().get(alias.name) if node.module == f"heterodot.{SPLIT}" else None
                found.add(home or whole)
    return {name for name in found if name.split(".")[0] == "heterodot"}


@cache
def front_door() -> dict[str, str]:
    """Return the module of each name that the split package shows."""
    tree = ast.parse((SOURCE / SPLIT / "__init__.py").read_text())
    froms = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
    return {a.name: str(n.module) for n in froms for a in n.names}


def arrows() -> dict[str, set[str]]:
    """Return, for each box, the boxes it imports."""
    graph: dict[str, set[str]] = defaultdict(set)
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        own = box_of(".".join(p for p in parts if p != "__init__"))
        if own is None:
            continue
        graph[own] |= {box for box in map(box_of, imported(path)) if box} - {own}
    return {box: graph[box] for box in sorted(graph)}


def needed(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Leave out the arrows that follow from others."""
    below = {box: set(targets) for box, targets in graph.items()}
    for _ in graph:  # as often as a path can be long
        for box, reached in below.items():
            below[box] = reached.union(*(below[t] for t in reached))
    circle = sorted(box for box, reached in below.items() if box in reached)
    if circle:
        sys.exit(f"imports run in a circle between {', '.join(circle)}: such a map has no order")
    return {
        box: {t for t in targets if not any(t in below[other] for other in targets)}
        for box, targets in graph.items()
    }


def rows_of(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the boxes from the bottom row up, each as near to what imports it as it can be."""
    low: dict[str, int] = {}
    while len(low) < len(graph):
        for box, targets in graph.items():
            if targets <= low.keys():
                low[box] = 1 + max((low[t] for t in targets), default=-1)
    level = dict(low)
    for box in sorted(graph, key=low.__getitem__, reverse=True):
        above = [level[other] for other, targets in graph.items() if box in targets]
        level[box] = min(above) - 1 if above else low[box]
    return [sorted(b for b in graph if level[b] == n) for n in range(max(level.values()) + 1)]


Place = tuple[str, str] | str
"""A box, or an arrow (from, to) on its way through a row."""


def with_lanes(rows: list[list[str]], graph: dict[str, set[str]]) -> list[list[Place]]:
    """Give each arrow a lane in the rows it passes, and order each row by what lies under it."""
    level = {box: n for n, row in enumerate(rows) for box in row}
    placed: list[list[Place]] = []
    where: dict[Place, float] = {}
    for n, row in enumerate(rows):
        passing = [
            (box, target)
            for box, targets in graph.items()
            for target in sorted(targets)
            if level[target] < n < level[box]
        ]
        places: list[Place] = [*row, *passing]

        def lean(place: Place) -> tuple[float, int, str]:
            if isinstance(place, tuple):
                return where.get(place, where[place[1]]), 1, str(place)
            under = [where.get((place, t), where.get(t, 0.5)) for t in sorted(graph[place])]
            return (sum(under) / len(under) if under else 0.5), 0, place

        places.sort(key=lean)
        where.update({place: (i + 0.5) / len(places) for i, place in enumerate(places)})
        placed.append(places)
    return placed


def words(box: str, width: float) -> list[tuple[str, str]]:
    """Return the lines of a box with their styles."""
    folder = SOURCE if box == GROUND else SOURCE.joinpath(*box.split("."))
    if box == GROUND:
        says = "What all packages stand on; each may import it."
        inside = sorted(p.stem for p in SOURCE.glob("*.py") if p.stem != "__init__")
    else:
        docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
        says = docstring.splitlines()[0].replace("``", "")
        inside = [f"{name}/" for name in packages(folder)]
    fits = int((width - 20) / 6.6)
    lines = [("title", box.removeprefix(f"{SPLIT}."))]
    lines += [("says", line) for line in textwrap.wrap(says, fits)]
    return lines + [("inside", line) for line in textwrap.wrap("  ".join(inside), fits)]


def draw() -> str:
    """Return the map as SVG."""
    graph = needed(arrows())
    rows = with_lanes(rows_of(graph), graph)
    frames: dict[Place, tuple[float, float, float, float]] = {}  # x, y, width, height
    y = float(ROW_GAP)
    for row in reversed(rows):
        y = _set_row(row, y, frames) + ROW_GAP
    boxes = [place for place in frames if isinstance(place, str)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0f}" role="img">',
        "<title>The packages of heterodot and which imports which</title>",
        "<!-- drawn by docs/draw_map.py from the imports of the code: do not edit -->",
        _STYLE,
        f'<rect width="{WIDTH}" height="{y:.0f}" fill="#ffffff"/>',
        _surround([frames[b] for b in boxes if b.startswith(f"{SPLIT}.")]),
        *(line for row in rows for box in row for line in _arrows_from(box, graph, frames)),
        *(line for box in sorted(boxes) for line in _box(box, frames[box])),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


_STYLE = """<style>
text { font-family: "DejaVu Sans", Arial, sans-serif; fill: #222222; font-size: 12px }
.title { font-size: 15px; font-weight: bold } .inside { fill: #555555; font-size: 11px }
path { fill: none; stroke: #555555; stroke-width: 1.5px }
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7"
orient="auto"><polygon points="0,0 8,4 0,8" fill="#555555"/></marker></defs>"""


def _set_row(row: list[Place], y: float, frames: dict) -> float:
    """Give a row its frames; return where it ends."""
    margin = 40.0
    lanes = sum(isinstance(place, tuple) for place in row)
    boxes = len(row) - lanes
    free = WIDTH - 2 * margin - lanes * LANE - (len(row) - 1) * BOX_GAP
    width = min(free / boxes, 420.0) if any(SPLIT in str(p) for p in row) else free / boxes
    height = max(len(words(p, width)) for p in row if isinstance(p, str)) * LINE + 16
    used = boxes * width + lanes * LANE + (len(row) - 1) * BOX_GAP
    x = (WIDTH - used) / 2
    for place in row:
        own = width if isinstance(place, str) else LANE
        frames[place if isinstance(place, str) else (*place, y)] = (x, y, own, height)
        x += own + BOX_GAP
    return y + height


def _box(box: str, frame: tuple[float, float, float, float]) -> list[str]:
    x, y, width, height = frame
    colour = COLOURS.get(box.split(".")[0], "#ffffff")
    lines = [
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="5" '
        f'fill="{colour}" stroke="#555555"/>'
    ]
    for n, (style, text) in enumerate(words(box, width)):
        at = f'x="{x + 10:.0f}" y="{y + 22 + n * LINE:.0f}"'
        lines.append(f'<text {at} class="{style}">{escape(text)}</text>')
    return lines


def _surround(frames: list[tuple[float, float, float, float]]) -> str:
    left, top = min(f[0] for f in frames) - 24, min(f[1] for f in frames) - 26
    right = max(f[0] + f[2] for f in frames) + 24
    bottom = max(f[1] + f[3] for f in frames) + 14
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{right - left:.0f}" '
        f'height="{bottom - top:.0f}" rx="8" fill="#f7f7f2" stroke="#999999"/>\n'
        f'<text x="{left + 12:.0f}" y="{top + 19:.0f}" class="title">{SPLIT}</text>'
    )


def _arrows_from(box: Place, graph: dict, frames: dict) -> list[str]:
    """Return the arrows that start at a box, down their lanes to what it imports."""
    if not isinstance(box, str):
        return []

    def middle(other: str) -> float:
        return frames[other][0] + frames[other][2] / 2

    lines = []
    targets = sorted(graph[box], key=middle)
    x, y, width, height = frames[box]
    for n, target in enumerate(targets):
        start = x + width * (n + 1) / (len(targets) + 1)
        lanes = [frame for key, frame in frames.items() if key[:2] == (box, target)]
        here = start, y + height
        path = f"M{here[0]:.0f} {here[1]:.0f}"
        for lx, ly, lw, lh in sorted(lanes, key=lambda lane: lane[1]):
            path += _bend(here, (lx + lw / 2, ly)) + f" V{ly + lh:.0f}"
            here = lx + lw / 2, ly + lh
        sources = sorted((o for o in graph if target in graph[o]), key=middle)
        rank = sources.index(box)
        tx, ty, tw, _ = frames[target]
        end = tx + tw * (rank + 1) / (len(sources) + 1), ty - 1
        lines.append(f'<path d="{path}{_bend(here, end)}" marker-end="url(#tip)"/>')
    return lines


def _bend(start: tuple[float, float], end: tuple[float, float]) -> str:
    middle = (start[1] + end[1]) / 2
    return f" C{start[0]:.0f} {middle:.0f} {end[0]:.0f} {middle:.0f} {end[0]:.0f} {end[1]:.0f}"


if __name__ == "__main__":
    MAP.write_text(draw())
