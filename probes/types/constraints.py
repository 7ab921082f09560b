"""What the fields of types may hold, as far as numbers and lengths say it.

Plain metadata (`annotated_types`) that checks nothing by itself: values made in code are taken as
they are. Who reads a file validates it against the types (see `files.yaml.validate`).
"""

from typing import Annotated

from annotated_types import Ge, Gt, Interval, Len

STRICT = {"extra": "forbid", "allow_inf_nan": False}
"""For pydantic, as `__pydantic_config__`: no other keys, and finite numbers."""

Share = Annotated[float, Interval(ge=0, le=1)]
NotNegative = Annotated[float, Ge(0)]
Positive = Annotated[float, Gt(0)]
Whole = Annotated[int, Interval(ge=-(2**63), lt=2**63)]
"""Of 64 bits, as tables have it."""
Count = Annotated[int, Ge(0)]
Text = Annotated[str, Len(1, 1000)]
