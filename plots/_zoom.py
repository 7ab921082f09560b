"""The visible part of a compass: the whole scale, or a square or rectangular window."""

from collections.abc import Sequence

from probes.errors import UsageError

from ._dots import Dot
from ._two_axes import Window

FIT = "fit"
ROUND = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Half the side of each window to try, in points; if none fits, the whole scale is shown."""


def window(zoom: str | None, shown: Sequence[Dot], scale: float) -> Window | None:
    """The window for `--zoom`; None for the whole scale.

    ``fit``: the smallest of a few squares around 0 that contains all dots and their intervals. A
    number: from minus to plus that. Four numbers: left, right, low, high.

    Raises:
        UsageError: it is none of these, or not within the scale.
    """
    if zoom is None:
        return None
    if zoom == FIT:
        return _fitting(shown, scale)
    try:
        numbers = [float(part) for part in zoom.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        numbers = [-numbers[0], numbers[0]] * 2
    if len(numbers) != 4 or not all(
        -scale <= low < high <= scale for low, high in (numbers[:2], numbers[2:])
    ):
        raise UsageError(
            f"--zoom {zoom}: should be 'fit', a number up to {scale:g}, or left,right,low,high"
            f" within -{scale:g} and {scale:g}, such as --zoom=-9,-4,-8,0"
        )
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _fitting(shown: Sequence[Dot], scale: float) -> Window | None:
    reach = [
        abs(end)
        for dot in shown
        for side in ((dot.x, dot.y), *(ends for line in dot.whiskers for ends in line))
        for end in side
    ]
    half = next((h for h in ROUND if h < scale and h >= 1.05 * max(reach, default=0.0)), None)
    return (-half, half, -half, half) if half else None


def inside(dot: Dot, part: Window | None) -> bool:
    """Whether a dot lies in the window."""
    return not part or (part[0] <= dot.x <= part[1] and part[2] <= dot.y <= part[3])
