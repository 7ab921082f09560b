"""The README tells only what is true: its Python gives its output, its commands exist."""

import doctest
import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest

from probes import cli

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text()
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("probes ")
]


def test_the_python_gives_the_output_that_is_printed() -> None:
    """Six lines, run as they stand."""
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    with pd.option_context("display.width", 120):
        test = doctest.DocTestParser().get_doctest(block, {}, "README", str(README), 0)
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0
    assert len(test.examples) <= 6


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_has_only_options_that_exist(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command and option that is shown is known to the command line."""
    words = shlex.split(command)[1:]
    name = [w for w in words[:2] if w.isalpha() and w.islower()]
    name = name if name[0] in {"sets", "stance"} else name[:1]
    monkeypatch.setattr(sys, "argv", ["probes", *name, "--help"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    known = capsys.readouterr().out
    for option in (w for w in words if w.startswith("-")):
        assert option in known, command


def test_every_file_that_is_linked_is_there() -> None:
    """Pictures and pages."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (README.parent / target).exists(), target
