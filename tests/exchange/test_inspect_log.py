"""What a log for Inspect says of a run that may be a stranger's; Inspect itself: `test_peers`."""

from pathlib import Path

import pytest
import yaml

from probes.exchange import inspect_log
from probes.runs.folder import Folder

LONG_AGO = "1970-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("sessions", "said"),
    [
        ([{"started": "2026-07-26T12:00:00+00:00"}, {"started": "x"}], "2026-07-26T12:00:00+00:00"),
        *((odd, LONG_AGO) for odd in (None, 5, {}, [], ["x"], [{}], {"started": "2026-07-26"})),
        *(
            ([{"started": odd}], LONG_AGO)
            for odd in (None, 5, [], "now", "", "2026-07-26T12:00:00", "2026-13-01T00:00:00+00:00")
        ),
    ],
    ids=str,
)
def test_when_a_run_began_is_a_time_whatever_its_file_says(
    tmp_path: Path, sessions: object, said: str
) -> None:
    """Inspect takes nothing else."""
    content = {"models": [], "seed": 0, "sessions": sessions}
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(content))
    assert inspect_log._started(Folder(tmp_path)) == said
