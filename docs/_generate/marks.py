"""Where a page wants generated text, and which.

A line ``<!-- generated: NAME -->`` or ``<!-- generated: NAME ARGUMENT ... -->`` stands for it.
"""

import re
from collections.abc import Callable

from . import columns, commands, keys, names

GENERATORS: dict[str, Callable[..., str]] = {
    "commands": commands.page,
    "columns": columns.page,
    "keys": keys.table,
    "public": names.public,
    "names": lambda module, *listed: names.listed(module, listed),
}
_MARK = re.compile(r"^<!-- generated: (\w+)(.*?) -->$", re.MULTILINE)


def filled(page: str) -> str:
    """The page with the text in place of its marks.

    Raises:
        KeyError: a mark names no generator, or a part that is not there.
    """
    return _MARK.sub(lambda mark: GENERATORS[mark[1]](*mark[2].split()), page)
