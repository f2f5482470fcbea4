"""A structure, several, or a density, that show themselves in a notebook."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms

from heterodot.analysis.notebook.html import png_text
from heterodot.analysis.notebook.scene import cube, elements, scene
from heterodot.data.grid import GridField
from heterodot.errors import InputError
from heterodot.paths import user_path
from heterodot.writing import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT = 420
"""Pixels."""

_VIEWER = "report/assets/vendor/3Dmol-min.js"
"""3Dmol.js: N. Rego, D. Koes, Bioinformatics 31, 1322 (2015), doi:10.1093/bioinformatics/btu829;
BSD-3, its licence lies beside it."""

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>html,body{{margin:0;height:100%;font:13px/1.4 system-ui,sans-serif;color-scheme:light dark}}
body{{display:flex;flex-direction:column}}#stage{{position:relative;flex:1;min-height:0}}
#bar{{display:flex;flex-wrap:wrap;gap:.3em 1.2em;padding:.3em .6em;align-items:center}}
#facts{{opacity:.8}}label{{display:flex;gap:.4em;align-items:center}}</style>
<body><div id="stage"></div><div id="bar"><b>{title}</b><span id="controls"></span>
<span id="facts" aria-live="polite"></span></div>
<script type="application/json" id="data">{data}</script>
<script>{script}
(async () => {{
  const packed = Uint8Array.from(atob("{viewer}"), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const code = document.createElement("script");
  code.textContent = await new Response(stream).text();
  document.head.append(code);
  heterodotView(JSON.parse(document.getElementById("data").textContent));
}})().catch((error) => {{
  document.getElementById("facts").textContent = `not drawn: ${{error}}`;
}});
</script></body></html>"""


def view(
    what: Any,
    *,
    density: GridField | None = None,
    isovalue: float | None = None,
    site: int | None = None,
    title: str = "",
) -> View:
    """Return structures as something that shows itself in a notebook, in three dimensions.

    Parameters
    ----------
    what : Atoms, sequence of Atoms, mapping of str to Atoms, result, or GridField
        A structure; the frames of a trajectory; structures by name; the structures of an answer;
        a density with its own atoms.
    density : GridField, optional
        A density, its difference or a localisation function, whose surfaces are drawn too.
    isovalue : float, optional
        Of the surfaces, in the field's unit; chosen by the field unless given.
    site : int, optional
        Atom to mark; the adsorbate's recorded site unless given.
    title : str

    Raises
    ------
    InputError
        Nothing to draw, a site that is not an atom, or an isovalue above the field everywhere.
    """
    field = what if density is None and isinstance(what, GridField) else density
    if field is not None and not isinstance(field, GridField):
        raise InputError(
            f"density of type {type(field).__name__}: expected a field on a grid, such as the "
            "difference of a charge transfer"
        )
    structures, named = _structures(what)
    for name, atoms in structures:
        if len(atoms) == 0:
            raise InputError(f"{name or 'structure'}: no atoms, nothing to draw")
        if site is not None and not 0 <= site < len(atoms):
            raise InputError(f"site {site}: expected 0 to {len(atoms) - 1}")
    if field is not None:
        from heterodot.analysis.figures.isosurface import choose_isovalue

        largest = float(np.abs(field.values).max())
        isovalue = choose_isovalue(field) if isovalue is None else isovalue
        if not 0 < isovalue < largest:
            raise InputError(
                f"isovalue {isovalue:g}: expected above 0 and below {largest:.3g} {field.unit}, "
                f"the largest of the {field.what}"
            )
    return View(structures, named, field, isovalue, site, title)


class View:
    """Structures that show themselves: in a notebook by being the last of a cell.

    Made by :func:`view`. Everything needed is in the HTML, 3Dmol.js too: no network, no widgets.
    Where scripts do not run there is a picture in place of it.
    """

    def __init__(
        self,
        structures: list[tuple[str, Atoms]],
        named: bool,
        field: GridField | None,
        isovalue: float | None,
        site: int | None,
        title: str,
    ) -> None:
        self.structures = [(name, atoms.copy()) for name, atoms in structures]
        self._named, self._field, self._isovalue = named, field, isovalue
        self._site, self.title = site, title

    def page(self) -> str:
        """Return a whole HTML page that needs nothing beside it."""
        first = self.structures[0][1]
        content: dict[str, Any] = {
            "frames": [scene(name, atoms, self._site) for name, atoms in self.structures],
            "named": self._named,
            "elements": elements([atoms for _, atoms in self.structures]),
            "field": None,
        }
        if self._field is not None:
            content["field"] = {
                "cube": cube(self._field, first),
                "isovalue": self._isovalue,
                "largest": float(np.abs(self._field.values).max()),
                "signed": bool(self._field.values.min() < -1e-3 * abs(self._field.values.max())),
                "unit": self._field.unit,
            }
        data = json.dumps(content).replace("<", "\\u003c")  # text may hold </script>
        script = files(__package__).joinpath("view.js").read_text("utf-8")
        return _PAGE.format(
            title=escape(self.title), data=data, script=script, viewer=_packed_viewer()
        )

    def save(self, path: str | Path) -> Path:
        """Write the page; any browser opens it."""
        target = user_path(path)
        if target.suffix not in (".html", ".htm"):
            raise InputError(f"{target}: expected a name that ends in .html")
        write_atomically(target, self.page().encode())
        return target

    def still(self) -> Figure:
        """Return the first structure as a picture, with the surfaces where there is a density."""
        if self._field is not None:
            from heterodot.analysis.figures.isosurface import plot_isosurface

            return plot_isosurface(self._field, self._isovalue, title=self.title)
        from heterodot.analysis.figures.pictures import picture

        return picture(self.structures[0][1], self._site, title=self.title)

    def __repr__(self) -> str:
        formulae = ", ".join(atoms.get_chemical_formula() for _, atoms in self.structures[:3])
        more = f" and {len(self.structures) - 3} more" if len(self.structures) > 3 else ""
        surfaces = "" if self._field is None else f", {self._field.what} at ±{self._isovalue:.2g}"
        return f"<View of {formulae}{more}{surfaces}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        frame = (
            f'<iframe srcdoc="{escape(self.page())}" sandbox="allow-scripts" '
            f'title="{escape(self.title or repr(self))}" '
            f'style="width:100%;height:{HEIGHT}px;border:0"></iframe>'
        )
        bundle = {"text/html": frame, "text/plain": repr(self)}
        wanted = (include is None or "image/png" in include) and "image/png" not in (exclude or ())
        return {**bundle, "image/png": png_text(self.still())} if wanted else bundle


def view_heterodot(atoms: Any, **options: Any) -> View:
    """Show structures by ``ase.visualize.view(atoms, viewer="heterodot")``."""
    repeat = options.pop("repeat", None)
    options.pop("data", None)
    if repeat is not None:
        atoms = atoms.repeat(repeat)
    return view(atoms, **options)


def _structures(what: Any) -> tuple[list[tuple[str, Atoms]], bool]:
    """Return structures by name, and whether the names tell the reader something."""
    if isinstance(what, Atoms):
        return [("", what)], False
    if isinstance(what, GridField):
        return [("", what.atoms)], False
    known = getattr(what, "structures", what)
    if isinstance(known, Mapping):
        found, named = [(str(name), atoms) for name, atoms in known.items()], True
    elif isinstance(known, Iterable) and not isinstance(known, str | bytes):
        found, named = [(str(n), atoms) for n, atoms in enumerate(known)], False
    else:
        found, named = [], False
    wrong = [atoms for _, atoms in found if not isinstance(atoms, Atoms)]
    if wrong or not found:
        given = type(wrong[0] if wrong else what).__name__
        raise InputError(
            f"given {given}, expected Atoms, a list or mapping of Atoms, an answer with "
            "structures, or a density"
        )
    return found, named


@cache
def _packed_viewer() -> str:
    """Return 3Dmol.js, compressed, in base64."""
    code = files("heterodot").joinpath(_VIEWER).read_bytes()
    return base64.b64encode(gzip.compress(code, mtime=0)).decode()
