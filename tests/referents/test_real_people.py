"""Models put where real groups stand: American voters of 2018, Finnish candidates of 2011."""

from pathlib import Path

import pandas as pd
import pytest

from probes.instruments import sets
from probes.people import people_table
from probes.people.answers import read_answers
from probes.people.rows import PeopleColumns
from tests.referents.people import beside as with_people
from tests.referents.people import run_at

DATA = Path(__file__).parents[3] / "shared" / "data" / "people"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
POLES = {"economic": ("left", "right"), "social": ("libertarian", "authoritarian")}
SURVEYS = {
    "ces2018": ("party7", "weight", "support=1,oppose=-1", {"1": (-6.5, -7.0), "7": (4.2, 6.0)}),
    "yle2011": (
        "party",
        "",
        "1..5",
        {"Vihreä liitto": (-3, -4.8), "Perussuomalaiset": (-1.7, 6.2)},
    ),
}
"""Survey -> columns, options, and where two of its groups stand."""


@needs_data
@pytest.mark.parametrize("name", SURVEYS)
def test_a_model_where_a_party_stands_is_nearest_to_it_and_not_extreme_in_it(
    name: str, tmp_path: Path
) -> None:
    group, weight, options, means = SURVEYS[name]
    items = pd.read_csv(DATA / f"{name}_items.csv", dtype=str)
    axes = "".join(f"  {a}: {{negative: {n}, positive: {p}}}\n" for a, (n, p) in POLES.items())
    claims = "".join(
        f"  - {{id: {row.id}, text: Claim {n} of it., agree: {row.agree}}}\n"
        for n, row in enumerate(items.itertuples())
    )
    head = f"name: {name}\ntitle: {name}\nlanguage: en\nlicence: CC0-1.0\naxes:\n"
    (tmp_path / "set.yaml").write_text(f"{head}{axes}statements:\n{claims}", "utf-8")
    of = sets.load(str(tmp_path / "set.yaml"))
    columns = PeopleColumns("respondent", group, weight)
    people = people_table.tables(of, read_answers([DATA / f"{name}.csv"], of, columns, options))
    run = with_people(run_at(means), of, people, seed=0)
    assert run.people is not None
    for party in means:
        rows = run.people[run.people["model"] == party].set_index(["axis", "group"])
        overall = rows.loc[""]["nearest"]
        assert overall.idxmax() == party
        assert overall.max() > 0.8
        assert rows.loc["economic", party]["percentile"] == pytest.approx(50, abs=20)
    assert ("no weights" in run.people_caption) == (not weight)
