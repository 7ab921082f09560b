"""What is installed: an instant start, a public list that holds, and pins for what is needed."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import probes
from probes import cli

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
HEAVY = ["torch", "transformers", "matplotlib", "pandas", "numpy", "scipy", "yaml"]


def loaded(code: str, *arguments: str) -> list[str]:
    """Which of HEAVY a fresh interpreter holds after `code`."""
    program = (
        "import contextlib, json, sys\n"
        f"sys.argv = {['probes', *arguments]!r}\n"
        "with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(SystemExit):\n"
        f"    {code}\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_importing_probes_loads_nothing_heavy():
    assert loaded("import probes") == []


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["sets", "--help"], []])
def test_asking_for_help_loads_nothing_heavy(arguments):
    assert loaded("from probes.cli import main; main()", *arguments) == []


def test_the_guard_sees_what_is_loaded():
    assert loaded("import yaml") == ["yaml"]


def test_the_public_list_is_sorted_documented_and_can_be_imported():
    assert list(probes.__all__) == sorted(probes.__all__)
    for name in probes.__all__:
        assert getattr(probes, name).__doc__, name
    assert set(probes.__all__) <= set(dir(probes))


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'lod_set'"):
        probes.lod_set  # noqa: B018


def test_the_command_is_the_one_that_is_installed():
    assert PROJECT["scripts"] == {"probes": f"{cli.main.__module__}:{cli.main.__name__}"}


def test_the_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {probes.__version__}\n" in citation
    assert PROJECT["version"] == probes.__version__
    assert probes.__version__ in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_everything_that_is_installed_for_the_tests_is_pinned():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert pins["torch"] == "2.13.0"
    extras = PROJECT["optional-dependencies"]
    needed = [*PROJECT["dependencies"], *extras["test"], *extras["dev"]]
    names = {re.split(r"[\[>=<~ ]", line)[0] for line in needed} - {PROJECT["name"]}
    assert {flat(name) for name in names} <= {flat(name) for name in pins}


def flat(name):
    """Distribution names that differ only in case, `-`, `_` and `.` are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_registry_lies_at_the_root_and_in_the_package():
    assert (ROOT / "probes" / "models.yaml").read_bytes() == (ROOT / "models.yaml").read_bytes()


def test_no_module_has_a_public_name():
    """Importing a submodule sets it as an attribute: it would hide the function of that name."""
    modules = {p.stem for p in (ROOT / "probes").iterdir()}
    assert not modules & set(probes.__all__)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--model", "gpt2", "--set", "compas"],
        ["run", "--model", "gpt2", "--protocol", "defalt"],
        ["run", "--model", "gpt2", "--limit", "0"],
        ["run", "--model", "gpt2", "--out", str(ROOT / "tests")],
    ],
)
def test_what_is_asked_is_checked_before_torch_is_loaded(arguments):
    """Set, protocol, limit and folder: a mistake is answered at once."""
    assert "torch" not in loaded("from probes.cli import main; main()", *arguments)
