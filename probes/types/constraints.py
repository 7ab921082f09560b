"""Bounds on numbers and lengths in the fields of types.

Plain metadata (`annotated_types`) that checks nothing by itself: values made in code are not
checked. Values read from files are validated against the types (see `files.yaml.validate`).
"""

from typing import Annotated

from annotated_types import Ge, Gt, Interval, Len

STRICT = {"extra": "forbid", "allow_inf_nan": False}
"""pydantic configuration (`__pydantic_config__`): no unknown keys, finite numbers only."""

Share = Annotated[float, Interval(ge=0, le=1)]
NotNegative = Annotated[float, Ge(0)]
Positive = Annotated[float, Gt(0)]
Whole = Annotated[int, Interval(ge=-(2**63), lt=2**63)]
"""A whole number of 64 bits, as in the tables."""
Count = Annotated[int, Ge(0)]
Text = Annotated[str, Len(1, 1000)]
