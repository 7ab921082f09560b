"""Overlaps of boxes and dots, in pixels."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def shared(boxes: Numbers, others: Numbers) -> Numbers:
    """``(boxes, others)``: area of the overlap of each pair of boxes, in square pixels.

    A box is (left, bottom, right, top).
    """
    across, up = (
        np.minimum(boxes[:, None, side + 2], others[:, side + 2])
        - np.maximum(boxes[:, None, side], others[:, side])
        for side in (0, 1)
    )
    area: Numbers = np.maximum(across, 0) * np.maximum(up, 0)
    return area


def within(boxes: Numbers, points: Numbers) -> NDArray[np.bool_]:
    """``(boxes, points)``: whether each point lies in each box."""
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    inside: NDArray[np.bool_] = ((points >= low) & (points <= high)).sum(axis=2) == 2
    return inside


def crossings(dots: Numbers, i: int, boxes: Numbers, radius: float) -> Numbers:
    """Number of other dots of ``(n, 2)`` within `radius` of the line from dot i to each box."""
    dot, others = dots[i], np.delete(dots, i, axis=0)
    line = np.clip(dot, boxes[:, :2], boxes[:, 2:]) - dot
    length = np.maximum((line**2).sum(axis=1), 1e-9)
    others = others - dot
    along = np.clip(others @ line.T / length, 0, 1)
    across, up = (others[:, side, None] - along * line[:, side] for side in (0, 1))
    near: Numbers = (np.hypot(across, up) < radius).sum(axis=0)
    return near
