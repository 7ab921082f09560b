"""Boxes and dots in pixels: what overlaps what. Knows no figure."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def shared(boxes: Numbers, others: Numbers) -> Numbers:
    """Area that each box shares with each other box, in square pixels (rows: boxes).

    A box is left, bottom, right, top.
    """
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    area: Numbers = np.clip(high - low, 0, None).prod(axis=2)
    return area


def crossings(dots: Numbers, i: int, boxes: Numbers, radius: float) -> Numbers:
    """How many other dots ``(n, 2)`` lie within `radius` of the line from dot i to each box."""
    dot, others = dots[i], np.delete(dots, i, axis=0)
    line = np.clip(dot, boxes[:, :2], boxes[:, 2:]) - dot
    length = np.maximum((line**2).sum(axis=1), 1e-9)
    along = np.clip((others - dot) @ line.T / length, 0, 1)
    away = (others - dot)[:, None, :] - along[:, :, None] * line[None, :, :]
    near: Numbers = (np.hypot(away[..., 0], away[..., 1]) < radius).sum(axis=0)
    return near
