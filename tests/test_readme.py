"""README and documentation tell only what is true: Python gives its output, commands exist."""

import doctest
import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest

from probes import cli

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
GROUPS = {"sets", "stance", "tasks", "downstream", "corpus"}
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *(ROOT / name for name in ("VISION.md", "statements/README.md", "benchmarks/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
"""Everything that people read."""


def commands(page: Path) -> list[str]:
    """Those in blocks of shell, and those within a sentence."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [
        *(line for line in lines if line.startswith("probes ")),
        *(" ".join(code.split()) for code in re.findall(r"`(probes\s[^`]+)`", prose)),
    ]


COMMANDS = sorted({command for page in PAGES for command in commands(page)})


def test_the_python_gives_the_output_that_is_printed() -> None:
    """Six lines, run as they stand."""
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    with pd.option_context("display.width", 120):
        test = doctest.DocTestParser().get_doctest(block, {}, "README", str(README), 0)
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0
    assert len(test.examples) <= 6


def test_the_readme_is_short() -> None:
    """A page that can be skimmed; everything else has a page of its own."""
    lines = TEXT.splitlines()
    assert len(lines) <= 120
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_shown_has_only_options_that_exist(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command and option is known to the command line."""
    words = shlex.split(command)[1:]
    name = [w for w in words[:2] if w.isalpha() and w.islower()]
    name = name if name and name[0] in GROUPS else name[:1]
    monkeypatch.setattr(sys, "argv", ["probes", *name, "--help"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    known = set(re.findall(r"(?<![\w-])--?\w[\w-]*", capsys.readouterr().out))
    for option in (w for w in words if w.startswith("-")):
        assert option in known, command


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_file_that_is_linked_is_there(page: Path) -> None:
    """Pictures and pages."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)[^)]*\)", text):
        assert (page.parent / target).exists(), target
