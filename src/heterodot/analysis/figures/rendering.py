"""A small renderer: shaded spheres and sticks seen from far away, into an array of pixels.

Orthographic ray casting with a depth buffer; one light over the viewer's left shoulder, dark
outlines where the depth jumps, and a haze that fades what is farther away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LIGHT = np.array([-0.45, 0.55, 0.70]) / np.linalg.norm([-0.45, 0.55, 0.70])
"""Unit vector towards the light: right, up, towards the viewer."""

AMBIENT, DIFFUSE, SPECULAR, SHININESS = 0.50, 0.55, 0.28, 30
HAZE = 0.50
"""Share of white in the farthest atom."""


@dataclass
class Canvas:
    """Pixels being drawn on.

    Attributes
    ----------
    left, bottom : float
        Corner of the picture, Å.
    scale : float
        Pixels per Å.
    colour : (h, w, 3) float array
        0…1; row 0 is the bottom.
    depth : (h, w) float array
        Height of what is seen above the picture plane, Å; −inf where nothing is.
    """

    left: float
    bottom: float
    scale: float
    colour: np.ndarray
    depth: np.ndarray

    @classmethod
    def blank(cls, extent: tuple[float, float, float, float], scale: float) -> Canvas:
        """White canvas over (left, right, bottom, top) in Å."""
        left, right, bottom, top = extent
        shape = (int(np.ceil((top - bottom) * scale)), int(np.ceil((right - left) * scale)))
        return cls(
            left,
            bottom,
            scale,
            np.ones((*shape, 3), np.float32),
            np.full(shape, -np.inf, np.float32),
        )

    def patch(
        self, low: np.ndarray, high: np.ndarray
    ) -> tuple[tuple[slice, slice], np.ndarray, np.ndarray]:
        """Pixels of a rectangle (Å), with the x and y (Å) of their centres."""
        origin = np.array([self.left, self.bottom])
        a = np.maximum(np.floor((low - origin) * self.scale).astype(int), 0)
        b = np.ceil((high - origin) * self.scale).astype(int) + 1
        b = np.minimum(b, self.depth.shape[::-1])
        x = self.left + (np.arange(a[0], max(a[0], b[0])) + 0.5) / self.scale
        y = self.bottom + (np.arange(a[1], max(a[1], b[1])) + 0.5) / self.scale
        region = (slice(a[1], a[1] + len(y)), slice(a[0], a[0] + len(x)))
        return region, x[None, :], y[:, None]

    def paint(
        self,
        region: tuple[slice, slice],
        pixels: tuple[np.ndarray, np.ndarray],
        depth: np.ndarray,
        normals: Callable[[np.ndarray], np.ndarray],
        colour: np.ndarray,
    ) -> None:
        """Put a lit surface where it is nearer than what is there.

        Parameters
        ----------
        region : two slice
            Of the rows and columns the pixels are counted in.
        pixels : two (n,) int array
            Rows and columns of the pixels the surface lies over.
        depth : (n,) float array
            Its height over each, Å.
        normals : callable
            Returns its (m, 3) unit normals over those of the pixels that a mask picks.
        colour : (3,) float array
            0…1.
        """
        row, column = region[0].start + pixels[0], region[1].start + pixels[1]
        seen = depth > self.depth[row, column]
        if not seen.any():
            return
        normal = normals(seen)
        lit = np.clip(normal @ LIGHT, 0, 1)
        half = LIGHT + np.array([0.0, 0.0, 1.0])
        half /= np.linalg.norm(half)
        glint = np.clip(normal @ half, 0, 1) ** SHININESS
        shaded = colour * (AMBIENT + DIFFUSE * lit)[:, None] + SPECULAR * glint[:, None]
        self.colour[row[seen], column[seen]] = np.clip(shaded, 0, 1)
        self.depth[row[seen], column[seen]] = depth[seen]


def draw_sphere(canvas: Canvas, centre: np.ndarray, radius: float, colour: np.ndarray) -> None:
    """Draw a sphere at (x, y, z), Å."""
    region, x, y = canvas.patch(centre[:2] - radius, centre[:2] + radius)
    dx, dy = x - centre[0], y - centre[1]
    square = radius**2 - dx**2 - dy**2
    row, column = np.nonzero(square >= 0)
    height = np.sqrt(square[row, column])

    def normals(of: np.ndarray) -> np.ndarray:
        return np.stack([dx[0, column[of]], dy[row[of], 0], height[of]], -1) / radius

    canvas.paint(region, (row, column), centre[2] + height, normals, colour)


def draw_stick(
    canvas: Canvas, start: np.ndarray, end: np.ndarray, radius: float, colour: np.ndarray
) -> None:
    """Draw a cylinder without caps from ``start`` to ``end``, Å.

    The surface point over a pixel is the nearer root z of |P − t u|² = r² with t = P · u, where u
    is the axis and P the point from ``start``.
    """
    axis = end - start
    length = float(np.linalg.norm(axis))
    if length < 1e-9:
        return
    u = axis / length
    lean = 1 - u[2] ** 2
    if lean < 1e-6:  # seen along its axis: hidden by its atom
        return
    low, high = np.minimum(start, end)[:2] - radius, np.maximum(start, end)[:2] + radius
    region, x, y = canvas.patch(low, high)
    dx, dy = x - start[0], y - start[1]
    along = dx * u[0] + dy * u[1]
    constant = dx**2 + dy**2 - along**2 - radius**2
    root = (along * u[2]) ** 2 - lean * constant
    row, column = np.nonzero(root >= 0)
    along = along[row, column]
    z = (along * u[2] + np.sqrt(root[row, column])) / lean
    t = along + z * u[2]
    ends = (t >= 0) & (t <= length)
    row, column, z, t = row[ends], column[ends], z[ends], t[ends]

    def normals(of: np.ndarray) -> np.ndarray:
        point = np.stack([dx[0, column[of]], dy[row[of], 0], z[of]], -1)
        return (point - t[of, None] * u) / radius

    canvas.paint(region, (row, column), start[2] + z, normals, colour)


def finish(canvas: Canvas, supersampling: int, outline: float = 0.55) -> np.ndarray:
    """(h, w, 4) image with row 0 at the bottom: haze, outlines, averaged down, clear background.

    Parameters
    ----------
    canvas : Canvas
    supersampling : int
        Pixels of the canvas for each of the image, along each side.
    outline : float
        Jump in depth (Å) that draws a dark line.
    """
    there = np.isfinite(canvas.depth)
    if not there.any():
        return np.zeros((*(n // supersampling for n in canvas.depth.shape), 4))
    near, far = canvas.depth[there].max(), canvas.depth[there].min()
    fade = np.where(there, (near - canvas.depth) / max(near - far, 1e-9), 0.0)
    haze = HAZE * np.clip(fade, 0, 1) ** 1.2
    shade = 1 - 0.6 * (1 - haze) * _edges(canvas.depth, outline)
    cover = _average(there.astype(np.float32), supersampling)
    image = np.empty((*cover.shape, 4), np.float32)
    image[..., 3] = cover
    for i in range(3):  # colours are weighted with what is there
        channel = (canvas.colour[..., i] * (1 - haze) + haze) * shade * there
        image[..., i] = _average(channel, supersampling) / np.maximum(cover, 1e-9)
    return np.clip(image, 0, 1)


def _edges(depth: np.ndarray, jump: float) -> np.ndarray:
    """1 where a neighbouring pixel is nearer by more than ``jump`` or this one borders nothing."""
    filled = np.where(np.isfinite(depth), depth, -1e3)
    edge = np.zeros(depth.shape, np.float32)
    for axis in (0, 1):
        step = np.diff(filled, axis=axis)
        front, back = [slice(None)] * 2, [slice(None)] * 2
        front[axis], back[axis] = slice(1, None), slice(None, -1)
        edge[tuple(back)] = np.maximum(edge[tuple(back)], -step > jump)
        edge[tuple(front)] = np.maximum(edge[tuple(front)], step > jump)
    return edge


def _average(full: np.ndarray, n: int) -> np.ndarray:
    """Average n × n blocks of a (h, w) array; rows and columns left over are dropped."""
    h, w = (full.shape[0] // n) * n, (full.shape[1] // n) * n
    total = np.zeros((h // n, w // n), np.float32)
    for i in range(n):
        for j in range(n):
            total += full[i:h:n, j:w:n]
    return total / n**2
