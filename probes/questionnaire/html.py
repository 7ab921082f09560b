"""Write a questionnaire as one HTML file that needs no network and stores nothing.

Scripts: `draw.js` (randomization), `estimate.js` (positions), `page.js` (screens).
"""

from importlib.metadata import version
from importlib.resources import files
from typing import Final

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from probes.output.policy import policy
from probes.people.answers import PeopleAnswers
from probes.people.keys import axis_keys, keyed
from probes.people.positions import LEAST
from probes.questionnaire.content import Questionnaire, halves
from probes.questionnaire.questions import Question, told
from probes.questionnaire.words import words
from probes.types.prompt import MIRRORED

SCRIPTS: Final = ("draw.js", "estimate.js", "page.js")
"""Scripts in the order in which they run."""
Plain = dict[str, object]


def page(questionnaire: Questionnaire) -> str:
    """The questionnaire as HTML."""
    scripts = [_asset(name) for name in SCRIPTS]
    environment = Environment(
        loader=PackageLoader("probes.questionnaire", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    first = questionnaire.languages[0]
    return environment.get_template("page.html.jinja").render(
        language=first,
        title=questionnaire.title(first),
        no_script=words(first)["no_script"],
        core=_core(questionnaire),
        scripts=list(map(Markup, scripts)),
        style=Markup(_asset("style.css")),  # noqa: S704  # our own file
        policy=policy(scripts),
        version=version("political-probes"),
    )


def _core(questionnaire: Questionnaire) -> Plain:
    """The data for the scripts."""
    statements = questionnaire.first
    return {
        "name": statements.name,
        "set": f"{statements.name} {statements.version}".strip(),
        "languages": questionnaire.languages,
        "words": {language: words(language) for language in questionnaire.languages},
        "texts": {
            language: _texts(questionnaire, language) for language in questionnaire.languages
        },
        "ids": [s.id for s in statements.statements],
        "paired": [bool(s.mirror) for s in statements.statements],
        "topics": [s.topic for s in statements.statements],
        "halves": halves(statements),
        "mirrored": MIRRORED,
        "answers": list(questionnaire.answers),
        "sides": questionnaire.sides,
        "questions": [_asked(question) for question in questionnaire.questions],
        "timings": questionnaire.timings,
        "feedback": _axes(questionnaire) if questionnaire.feedback else None,
    }


def _texts(questionnaire: Questionnaire, language: str) -> Plain:
    """The displayed texts in one language."""
    own, edition = questionnaire.file, questionnaire.editions[language]
    phrasing = words(language)
    intro = str(phrasing["intro"]).replace("{count}", str(questionnaire.texts_shown))
    return {
        "title": questionnaire.title(language),
        "introduction": told(own.introduction, language) if own.introduction else intro,
        "consent": questionnaire.consent(language),
        "ending": told(own.ending, language) if own.ending else phrasing["keep"],
        "statements": [[s.text, s.mirror] for s in edition.statements],
        "answers": [questionnaire.answer(label, language) for label in questionnaire.answers],
        "questions": [_question_texts(question, language) for question in questionnaire.questions],
    }


def _question_texts(question: Question, language: str) -> Plain:
    return {
        "text": told(question.text, language),
        "labels": [question.label(n, language) for n, _ in enumerate(question.values)],
    }


def _asked(question: Question) -> Plain:
    return {
        "id": question.id,
        "kind": question.kind,
        "values": question.values,
        "least": question.least,
        "most": question.most,
    }


def _axes(questionnaire: Questionnaire) -> list[Plain]:
    """The score of each answer to each item on each axis: the key of `people`, as a table."""
    statements, counts = questionnaire.first, np.array(list(questionnaire.answers.values()))
    each = np.repeat(counts[:, None], len(statements.statements), axis=1).astype(np.float32)
    blank = np.full(len(counts), "", dtype=np.object_)
    sheets = PeopleAnswers(
        person=blank,
        group=blank,
        weight=np.ones(len(counts)),
        matrix=each,
        statements=tuple(s.id for s in statements.statements),
        options={},
        mirrors=each,
    )
    axes: list[Plain] = []
    for key in axis_keys(statements):
        answers = keyed(key, sheets)
        mirror = answers.statement if answers.mirror is None else answers.mirror
        items = [
            {
                "number": int(number),
                "weight": float(key.weight[n]),
                "topic": key.statements[n].topic,
                "text": answers.statement[:, n].tolist(),
                "mirror": mirror[:, n].tolist(),
            }
            for n, number in enumerate(key.columns)
        ]
        ends = {"negative": key.axis.negative, "positive": key.axis.positive}
        axes.append(
            {
                "name": key.axis.name,
                **ends,
                "scale": key.scale,
                "offset": key.offset,
                "least": LEAST,
                "items": items,
            }
        )
    return axes


def _asset(name: str) -> str:
    """The text of a file in this folder."""
    return files("probes.questionnaire").joinpath(name).read_text("utf-8")
