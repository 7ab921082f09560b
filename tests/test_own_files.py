"""What users add as files of their own enters by the same doors as what ships: a method, a backend
of recorded replies, a language."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import probes
from probes import plugins
from probes.asking import protocols
from probes.backends import planted
from probes.errors import SetError, UsageError

pytestmark = pytest.mark.usefixtures("pictureless")

Command = Callable[..., tuple[int, str, str]]

SET = """\
name: mine
title: Mine
language: en
licence: CC0-1.0
axes: {x: {negative: low, positive: high}}
statements:
  - {id: tax, text: Taxes should fall., agree: high, mirror: Taxes should rise.}
  - {id: rent, text: Rents should be free., agree: high, mirror: Rents should be capped.}
  - {id: work, text: Work should pay., agree: high, mirror: Work should be shared.}
"""
PROTOCOL = """\
name: short
title: Short
method: choice
wordings: [agree, support]
thresholds: {content: 0, content_p: 1}
"""
METHOD = '''\
"""The wordings of the protocol, each statement said twice."""
from dataclasses import replace

from probes.methods import choice

NEEDS = "score"
fitted = choice.fitted


def prompts(model, materials, *, seed=0, limit=None):
    asked = choice.prompts(model, materials, seed=seed, limit=limit)
    return [replace(p, before=f"Again. {p.before}") for p in asked]
'''
LOGGED = """\
with open({!r}, "a") as file:
    file.write("x")
"""
WRITES = """\
from probes.methods.reply import fitted, prompts, read_reply

NEEDS = "write"
"""
BACKEND = '''\
"""Lines `who|statement|reply`, a format of my own."""
from dataclasses import dataclass, field, replace
from pathlib import Path

from probes.errors import ModelError
from probes.types import ModelInfo


@dataclass(frozen=True)
class Diary:
    info: ModelInfo
    lines: tuple
    replies: dict = field(default_factory=dict)

    @property
    def rounds(self):
        return {"diary": [(0, 0)]}

    def bind(self, statements):
        return replace(self, replies=placed(self.lines, statements))

    def render(self, ask, begin, joint):
        return ask + joint + begin

    def write(self, prompts, writing):
        return [None if p.mirrored else self.replies.get(p.statement.id) for p in prompts]


def read(path):
    return [line.split("|") for line in Path(path).read_text("utf-8").splitlines()]


def placed(lines, statements):
    known = {s.id for s in statements.statements}
    for _, about, _ in lines:
        if about not in known:
            raise ModelError(f"the diary is about {about!r}, which is no statement of the set")
    return {about: reply for _, about, reply in lines}


def expand(spec):
    path, _, picked = spec.id.partition("#")
    names = [picked] if picked else dict.fromkeys(who for who, _, _ in read(path))
    return [replace(spec, name=name, id=f"{path}#{name}") for name in names]


def wordings(specs, statements):
    for spec in specs:
        placed(read(spec.id.partition("#")[0]), statements)
    return ["diary"]


def load(spec, options):
    path, _, name = spec.id.partition("#")
    lines = tuple(line for line in read(path) if line[0] == name)
    return Diary(replace(ModelInfo.of(spec, "diary"), weights="of " + path), lines)
'''


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a set and a protocol."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(SET, encoding="utf-8")
    (tmp_path / "short.yaml").write_text(PROTOCOL, encoding="utf-8")
    return tmp_path


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


ASKS = "def prompts(model, materials, *, seed, limit): ...\n"
FITS = ASKS + "def fitted(model, asked): ..."
ASKED = ("run", "--set", "./mine.yaml", "--protocol", "./short.yaml", "--out", "out")
PLANTED = ("--model", "a=planted:x=4")


# --- a method ------------------------------------------------------------------------------------


def test_a_method_of_ones_own_asks_and_is_recorded_by_name_and_hash(
    home: Path, command: Command
) -> None:
    """The run's protocol says which file asked; placing the run again does not run it."""
    (home / "twice.py").write_text(METHOD, encoding="utf-8")
    status, _, err = command(*ASKED, *PLANTED, "--method", "./twice.py")
    assert status == 0, err
    header, *answers = lines(home / "out" / "answers" / "a.jsonl")
    assert all(str(answer["before"]).startswith("Again. ") for answer in answers)
    recipe = protocols.load(home / "out" / "protocol.yaml")
    assert recipe.own_method is not None
    assert recipe.own_method.name == "twice.py"
    assert len(recipe.own_method.sha256) == 64
    assert recipe.name == header["protocol"] == "short-twice"
    assert recipe.sha256 == header["protocol_sha256"] != protocols.load(home / "short.yaml").sha256
    (home / "twice.py").write_text("raise SystemExit('executed')", encoding="utf-8")
    assert command("place", "out")[0] == 0


def test_another_method_is_another_run(home: Path, command: Command) -> None:
    """Without the file, or with other bytes of it, the folder's run does not go on."""
    (home / "twice.py").write_text(METHOD, encoding="utf-8")
    assert command(*ASKED, *PLANTED, "--method", "./twice.py")[0] == 0
    before = (home / "out" / "answers" / "a.jsonl").read_bytes()
    assert command(*ASKED, *PLANTED)[0] == 2
    (home / "twice.py").write_text(METHOD + "# changed\n", encoding="utf-8")
    status, _, err = command(*ASKED, *PLANTED, "--method", "./twice.py")
    assert status == 2
    assert "holds a run with protocol sha256" in err
    assert (home / "out" / "answers" / "a.jsonl").read_bytes() == before


def test_a_method_of_ones_own_asks_from_python_too(home: Path) -> None:
    """As `probes.run(..., method=...)` and in a request, with the same prompts."""
    (home / "twice.py").write_text(METHOD, encoding="utf-8")
    model = probes.load_model("a=planted:x=4")
    evidence = probes.run(model, "mine.yaml", "short.yaml", method="./twice.py")
    assert all(answer.before.startswith("Again. ") for answer in evidence.answers)
    specs = [probes.ModelSpec("a", "x=4", "planted")]
    request = probes.Request(specs, "mine.yaml", "short.yaml", method="./twice.py")
    probes.probe(request, home / "out")
    header, *answers = lines(home / "out" / "answers" / "a.jsonl")
    assert header["protocol_sha256"] == evidence.header.protocol_sha256
    assert [a["key"] for a in answers] == [a.key for a in evidence.answers]


def test_no_protocol_can_name_a_program(home: Path, command: Command) -> None:
    """Neither as its method, nor as the method that a run was asked by."""
    (home / "twice.py").write_text(LOGGED.format(str(home / "executed")) + METHOD, encoding="utf-8")
    text = PROTOCOL.replace("method: choice", "method: ./twice.py")
    (home / "short.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(
        SetError, match=r"unknown method .* only where it is typed, as --method \./twice\.py"
    ):
        protocols.load("short.yaml")
    assert command(*ASKED, *PLANTED)[0] == 2
    own = {"name": "twice.py", "sha256": "0" * 64}
    (home / "short.yaml").write_text(f"{PROTOCOL}own_method: {json.dumps(own)}\n", encoding="utf-8")
    status, _, err = command(*ASKED, *PLANTED)
    assert status == 2
    assert "give its file, --method ./twice.py" in err
    assert not (home / "executed").exists()
    status, _, err = command(*ASKED, *PLANTED, "--method", "./twice.py")
    assert status == 2
    assert "is not the file that protocol short was asked by" in err
    assert not (home / "out").exists()


def test_the_protocol_of_a_run_asks_again_with_the_same_file(home: Path, command: Command) -> None:
    """Under the same name and hash."""
    (home / "twice.py").write_text(METHOD, encoding="utf-8")
    assert command(*ASKED, *PLANTED, "--method", "./twice.py")[0] == 0
    again = ("run", "--set", "./mine.yaml", "--protocol", "./out/protocol.yaml", "--out", "again")
    assert command(*again, *PLANTED, "--method", "./twice.py")[0] == 0
    first, second = (
        (home / name / "answers" / "a.jsonl").read_bytes() for name in ("out", "again")
    )
    assert first == second


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "a method must define a function 'prompts'"),
        (ASKS, "a method must define a function 'fitted'"),
        ("NEEDS = 'think'\n" + FITS, "should be 'score' or 'write'"),
        ("NEEDS = 'write'\n" + FITS, "function 'read_reply'"),
    ],
)
def test_what_a_method_lacks_is_said(
    home: Path, command: Command, text: str, sentence: str
) -> None:
    (home / "bad.py").write_text(text, encoding="utf-8")
    status, _, err = command(*ASKED, *PLANTED, "--method", "./bad.py")
    assert (status, err.count("\n")) == (2, 1)
    assert sentence in err
    assert not (home / "out").exists()


def test_a_method_that_writes_needs_models_that_write(
    home: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a method that ships does; and one that ships can be named, too."""
    monkeypatch.delattr(planted.Planted, "write")
    (home / "writes.py").write_text(WRITES, encoding="utf-8")
    for method in ("./writes.py", "reply"):
        status, _, err = command(*ASKED, *PLANTED, "--method", method)
        assert status == 2
        assert "gives no replies in text" in err
    with pytest.raises(UsageError, match="unknown method 'replay'"):
        probes.run(probes.load_model("planted:x=1"), "mine.yaml", "short.yaml", method="replay")


def test_a_file_is_executed_once_for_as_long_as_it_is_the_same(home: Path) -> None:
    (home / "counted.py").write_text(LOGGED.format(str(home / "log")) + METHOD)
    first = plugins.find("methods", str(home / "counted.py"), "prompts")
    assert plugins.find("methods", str(home / "counted.py"), "fitted") is first
    assert (home / "log").read_text() == "x"
    (home / "counted.py").write_text(METHOD)
    assert plugins.find("methods", str(home / "counted.py"), "prompts") is not first


# --- a backend of recorded replies ---------------------------------------------------------------


def test_a_recorded_format_of_ones_own_enters_as_the_one_that_ships(
    home: Path, command: Command
) -> None:
    """Every model of the file, by protocol `recorded`, in the wording that the backend names."""
    (home / "diary.py").write_text(BACKEND, encoding="utf-8")
    (home / "replies.txt").write_text(
        "ann|tax|I agree\nann|rent|I disagree\nbob|tax|I disagree\n", encoding="utf-8"
    )
    asked = ("run", "--model", "replies.txt", "--backend", "./diary.py", "--set", "./mine.yaml")
    status, _, err = command(*asked, "--out", "out")
    assert status == 0, err
    recipe = protocols.load(home / "out" / "protocol.yaml")
    assert (recipe.name, [w.name for w in recipe.wordings]) == ("recorded", ["diary"])
    assert {p.stem for p in (home / "out" / "answers").iterdir()} == {"ann", "bob"}
    _, *answers = lines(home / "out" / "answers" / "ann.jsonl")
    said = {str(a["statement"]): a.get("choice") for a in answers if a["role"] == "statement"}
    assert said == {"tax": "agree", "rent": "disagree", "work": None}


def test_replies_in_a_format_of_ones_own_must_be_about_the_set(
    home: Path, command: Command
) -> None:
    """Before anything is written."""
    (home / "diary.py").write_text(BACKEND, encoding="utf-8")
    (home / "replies.txt").write_text("ann|weather|I agree\n", encoding="utf-8")
    asked = ("run", "--model", "replies.txt", "--backend", "./diary.py", "--set", "./mine.yaml")
    status, _, err = command(*asked, "--out", "out")
    assert (status, err.count("\n")) == (2, 1)
    assert "'weather'" in err
    assert not (home / "out").exists()


def test_a_recorded_format_of_ones_own_is_read_from_python(home: Path) -> None:
    (home / "diary.py").write_text(BACKEND, encoding="utf-8")
    (home / "replies.txt").write_text("ann|tax|I agree\n", encoding="utf-8")
    model = probes.load_model("replies.txt#ann", backend="./diary.py")
    evidence = probes.run(model, "mine.yaml")
    assert evidence.header.protocol == "recorded"
    assert [a.choice for a in evidence.answers if a.reply] == ["agree"]


# --- a language ----------------------------------------------------------------------------------

WORDINGS = {
    "plain": {
        "language": "nl",
        "ask": '"{statement}" Met deze stelling ben ik het',
        "answer": "{slot}.",
        "pairs": [["eens", "oneens"]],
    }
}
DUTCH = {
    "tax": ("Belastingen moeten omlaag.", "Belastingen moeten omhoog."),
    "rent": ("Huren moeten vrij zijn.", "Huren moeten begrensd zijn."),
    "work": ("Werk moet lonen.", "Werk moet verdeeld worden."),
}
CONTROLS = {"water": ("Water is nat.", "Water is droog."), "ice": ("IJs is koud.", "IJs is heet.")}


@pytest.fixture
def dutch(home: Path) -> Path:
    """A Dutch edition of the set, with wordings, protocol and controls, beside it."""
    content = yaml.safe_load(SET) | {"name": "mine.nl", "language": "nl"}
    for entry in content["statements"]:
        entry["text"], entry["mirror"] = DUTCH[entry["id"]]
    (home / "mine.nl.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    controls = {
        **{k: content[k] for k in ("title", "language", "licence")},
        "name": "controls.nl",
        "axes": {"truth": {"negative": "false", "positive": "true"}},
        "statements": [
            {"id": name, "text": text, "mirror": mirror, "agree": "true"}
            for name, (text, mirror) in CONTROLS.items()
        ],
    }
    (home / "controls.nl.yaml").write_text(yaml.safe_dump(controls), encoding="utf-8")
    (home / "wordings.nl.yaml").write_text(yaml.safe_dump(WORDINGS), encoding="utf-8")
    protocol = {
        "name": "default.nl",
        "title": "In Dutch",
        "method": "choice",
        "language": "nl",
        "wordings": ["plain"],
        "controls": "./controls.nl.yaml",
    }
    (home / "default.nl.yaml").write_text(yaml.safe_dump(protocol), encoding="utf-8")
    return home


def test_a_language_of_ones_own_is_asked_by_what_lies_beside_the_set(
    dutch: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protocol, wordings and controls, wherever the command is called from."""
    (dutch / "elsewhere").mkdir()
    monkeypatch.chdir(dutch / "elsewhere")
    status, _, err = command("run", *PLANTED, "--set", "../mine.nl.yaml", "--out", "out")
    assert status == 0, err
    header, *answers = lines(Path("out/answers/a.jsonl"))
    assert header["protocol"] == "default.nl"
    asked = {str(answer["before"]) for answer in answers}
    assert '"Huren moeten vrij zijn." Met deze stelling ben ik het' in asked
    assert {a["statement"] for a in answers if a["role"] == "control"} >= {"water", "ice"}


def test_a_model_is_compared_across_languages_of_ones_own(dutch: Path, command: Command) -> None:
    """With `default`, whose Dutch edition lies beside the set."""
    asked = ("run", *PLANTED, "--set", "./mine.yaml", "--language", "en,nl", "--out", "both")
    status, _, err = command(*asked)
    assert status == 0, err
    protocol = protocols.load(dutch / "both" / "nl" / "protocol.yaml")
    assert (protocol.name, protocol.wordings[0].language) == ("default.nl", "nl")
    assert (dutch / "both" / "languages.csv").is_file()


def test_recorded_replies_may_be_in_a_language_of_ones_own(dutch: Path, command: Command) -> None:
    """Read with the forms of the wording that `recorded` names, translated beside the set."""
    choose = {
        "language": "nl",
        "ask": "{statement} {options}?",
        "answer": "{slot}",
        "options": {
            "disagree": {"side": "disagree", "forms": ["oneens"]},
            "agree": {"side": "agree", "forms": ["eens"]},
        },
        "orders": [[0, 1], [1, 0]],
    }
    (dutch / "wordings.nl.yaml").write_text(yaml.safe_dump({"four-choose": choose}))
    (dutch / "r.csv").write_text("model,statement,reply\nann,tax,eens\nann,rent,oneens\n")
    asked = ("run", "--model", "recorded:r.csv", "--set", "./mine.nl.yaml", "--out", "out")
    status, _, err = command(*asked)
    assert status == 0, err
    _, *answers = lines(dutch / "out" / "answers" / "ann.jsonl")
    assert [a["choice"] for a in answers if a.get("reply")] == ["agree", "disagree"]


def test_what_a_language_lacks_says_where_it_would_lie(dutch: Path, command: Command) -> None:
    (dutch / "wordings.nl.yaml").unlink()
    asked = ("run", *PLANTED, "--set", "./mine.nl.yaml", "--out", "out")
    status, _, err = command(*asked)
    assert status == 2
    assert "wordings.nl.yaml, beside the file that needs them" in err
    (dutch / "default.nl.yaml").unlink()
    asked = ("run", *PLANTED, "--set", "./mine.yaml", "--language", "en,nl", "--out", "both")
    status, _, err = command(*asked)
    assert status == 2
    assert "one of your own is default.nl.yaml beside mine.yaml" in err


def test_wordings_beside_a_protocol_lie_over_those_that_ship(home: Path) -> None:
    """Entry by entry, for protocols in that folder alone."""
    agree = {**WORDINGS["plain"], "language": "en", "ask": "{statement} With this I"}
    (home / "wordings.en.yaml").write_text(yaml.safe_dump({"agree": agree}), encoding="utf-8")
    first, second = protocols.load(home / "short.yaml").wordings
    assert first.ask == "{statement} With this I"
    shipped = {wording.name: wording for wording in protocols.load("default").wordings}
    assert (second, first) == (shipped["support"], first)
    assert shipped["agree"].ask != first.ask


def test_the_bytes_that_are_there_are_run_and_nothing_is_left_beside_them(tmp_path: Path) -> None:
    """Even where a file was edited within a second, to the same length: a run names its hash."""
    path = tmp_path / "mine.py"
    for number in (1, 2):
        path.write_text(f"NUMBER = {number}\ndef read(paths, options): ...\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        assert number == plugins.find("importers", str(path), "read").NUMBER
    assert [*tmp_path.iterdir()] == [path]


HEAD = "from probes.methods.choice import fitted, prompts\n"
PROMPTS = "def prompts(model, materials, *, seed=0, limit=None):\n    "
FAULTY = {
    "no Python": ("def (", "line 1: SyntaxError"),
    "an odd indent": ("a = 1\n  b = 2", "line 2: IndentationError"),
    "not text": ("# \x00", "SyntaxError: source code string cannot contain null bytes"),
    "no such module": ("import os\nimport nosuchthing", "line 2: ModuleNotFoundError: No module"),
    "no such name": (HEAD + "from probes.types import Nope", "line 2: ImportError"),
    "fails when read": ("x = 1\ny = x / 0", "line 2: ZeroDivisionError: division by zero"),
    "exits when read": ("raise OSError(28, 'full')", "line 1: OSError"),
    "takes too little": (
        HEAD + "def prompts(model): return []",
        "line 2: 'prompts' is called with",
    ),
    "takes more": (HEAD + "def fitted(a, b, c): pass", "line 2: 'fitted' is called with 2 arg"),
    "is no function": ("prompts = 3\nfitted = 3", "must define a function 'prompts'"),
    "raises": (HEAD + PROMPTS + "return materials['x']", "line 3: TypeError"),
    "raises deep below": (
        HEAD + PROMPTS + "import json\n    return json.loads('nan!')",
        "line 4: JSONDecodeError",
    ),
    "raises without words": (HEAD + PROMPTS + "assert not 1", "line 3: AssertionError"),
    "asks nothing": (HEAD + PROMPTS + "return None", "'prompts' should return a list of Prompt"),
    "asks words": (HEAD + PROMPTS + "return ['why?']", "should return a list of Prompt"),
    "fits to nothing": (HEAD + "def fitted(model, asked): pass", "'fitted' should return a list"),
    "fits to less": (HEAD + "def fitted(model, asked): return asked, {}, {}", "'fitted' should"),
}


@pytest.mark.parametrize(("source", "said"), FAULTY.values(), ids=FAULTY)
def test_what_is_wrong_in_a_method_of_ones_own_is_one_sentence_with_its_line(
    home: Path, command: Command, source: str, said: str
) -> None:
    """And nothing was answered."""
    Path("own.py").write_text(source)
    status, _, err = command(*ASKED, *PLANTED, "--method", "./own.py")
    lines = [line for line in err.splitlines() if line.startswith("probes: ")]
    assert (status, len(lines)) == (2, 1), err
    assert said in lines[0]
    assert "own.py" in lines[0]
    assert not list(Path("out").glob("answers/*"))


SCORES = """\
from dataclasses import replace
from math import nan
from probes.backends import planted

def load(spec, options):
    model = planted.load(replace(spec, id="x=4"), options)
    class Mine:
        packed, info = False, model.info
        render, fit, lengths = model.render, model.fit, model.lengths
        def score(self, prompts):
            {}
    return Mine()
"""
GIVES = {
    "raises": ("return prompts[0].nope", "own.py, line 11: AttributeError"),
    "nothing": ("return None", "gives NoneType for 12 prompts"),
    "too few": ("return []", "gives 0 replies for 12 prompts"),
    "too many": ("return model.score([*prompts, *prompts])", "not a list of one reply each"),
    "numbers": ("return [0.5 for _ in prompts]", "scores float, not Reply"),
    "no numbers": (
        "return [replace(r, logprobs={'agree': nan}) for r in model.score(prompts)]",
        "are not finite",
    ),
}


@pytest.mark.parametrize(("body", "said"), GIVES.values(), ids=GIVES)
def test_what_a_backend_of_ones_own_gives_is_held_to_its_contract(
    home: Path, command: Command, body: str, said: str
) -> None:
    """Too few replies were asked for again without end."""
    Path("own.py").write_text(SCORES.format(body))
    status, _, err = command(*ASKED, "--model", "a=mine", "--backend", "./own.py")
    lines = [line for line in err.splitlines() if line.startswith("probes: ")]
    assert (status, len(lines)) == (2, 1), err
    assert said in lines[0]
