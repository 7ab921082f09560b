"""The tutorials work: every command runs, and prints what the page shows."""

import doctest
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from probes import cli

ROOT = Path(__file__).parent.parent
TUTORIALS = ROOT / "docs" / "tutorials"
BLOCK = re.compile(
    r'(<!-- not run: [^>]+ -->\n)?```(\w+)(?: title="([^"]+)")?\n(.*?)```', re.DOTALL
)
SETUP = "python3 -m venv .venv && . .venv/bin/activate && pip install -c constraints.txt -e ."
STATUS = {"compare": 1}
"""Exit statuses that pages speak of; 0 for other commands."""

Shown = Callable[[str], str]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shown:
    """What a command prints."""

    def run(command: str) -> str:
        words = command.split()
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert (ended.value.code or 0) == STATUS.get(words[1], 0), command
        return capsys.readouterr().out

    return run


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def doctested(block: str) -> None:
    with pd.option_context("display.width", 120):
        test = doctest.DocTestParser().get_doctest(block, {}, "tutorial", None, 0)
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(page.stem for page in TUTORIALS.glob("*.md")))
def test_a_tutorial_prints_what_it_shows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: Shown
) -> None:
    """Blocks in their order, in an empty folder, with the file that the page gives."""
    replies = (TUTORIALS / "replies.csv").read_text(encoding="utf-8")
    (tmp_path / "replies.csv").write_text(replies, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    printed, ran = "", 0
    text = (TUTORIALS / f"{name}.md").read_text(encoding="utf-8")
    for skipped, language, title, body in BLOCK.findall(text):
        if skipped:
            continue
        if title:
            (tmp_path / title).write_text(body, encoding="utf-8")
        elif language == "sh":
            for command in body.splitlines():
                if command != SETUP:
                    printed, ran = shown(command), ran + 1
        elif language == "text":
            assert trimmed(printed) == trimmed(body)
        elif language == "csv":
            assert set(body.splitlines()) <= set(replies.splitlines())
        else:
            assert language == "python", f"a block of {language} is not tested"
            doctested(body)
    assert ran


def test_the_readme_shows_the_table_of_the_first_tutorial() -> None:
    """Its table is part of what the tutorial's run prints."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"```text\n(.*?)```", readme, re.DOTALL)
    assert table in (TUTORIALS / "first-placement.md").read_text(encoding="utf-8")
    assert SETUP in readme
