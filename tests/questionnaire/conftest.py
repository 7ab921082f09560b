"""One browser for all tests of questionnaires, and forms made once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser

from probes.questionnaire import write
from probes.questionnaire.content import FormChoices, Questionnaire, build
from tests import browser as browsers

Make = Callable[..., tuple[Path, Questionnaire]]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed when other tests begin, whose event loops it would be in the way of."""
    with browsers.chromium() as found:
        yield found


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Writes a form of a set: its name, or its content, of which a file is made."""

    def make(content: dict[str, Any] | str, **choices: Any) -> tuple[Path, Questionnaire]:
        folder, name = tmp_path_factory.mktemp("form"), content
        if not isinstance(content, str):
            name = str(folder / "made.yaml")
            Path(name).write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        if isinstance(questions := choices.get("questions"), dict):
            choices["questions"] = folder / "questions.yaml"
            choices["questions"].write_text(yaml.safe_dump(questions, allow_unicode=True), "utf-8")
        questionnaire = build(str(name), FormChoices(**choices))
        write.write(questionnaire, {"html": folder / "form.html"})
        return folder / "form.html", questionnaire

    return make
