"""Fuzz targets: every reader of files and texts that may come from untrusted sources.

A target reads bytes as its format; it must accept them or raise a `ProbesError`, without other
exceptions or endless loops. `mutated` makes inputs that are almost valid. The tests try some
thousand per target; `benchmarks/soak/fuzz.py` tries any number.
"""

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from probes import importers
from probes.asking import protocols
from probes.asking.wordings import shipped
from probes.backends.recordings import recording
from probes.errors import ProbesError
from probes.evidence import answers
from probes.instruments import sets
from probes.models import registry
from probes.people import people_table
from probes.people.answers import read_answers
from probes.people.rows import PeopleColumns
from probes.replies import accuracy, correction, stance_file
from probes.replies.choice import read_choice
from probes.runs.folder import Folder
from probes.training import corpora
from probes.types import Header, ModelInfo, Option, Prompt, Reply, Statement
from tests import fuzzing_endpoint

Edit = tuple[float, int, bytes]
"""An edit: index (as a share of the length), number of bytes to replace, and their replacement."""

NASTY = [
    *(b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\t", b"\n\n", b"\n- ", b"\n  ", b": "),
    *(b"{", b"}", b"[", b"]", b'"', b"'", b"\\", b"\\u0000", b"\\ud800", b"//", b"/*", b"*/", b"`"),
    *(b"&a ", b"*a", b"<<: *a", b"!!python/object:os.system ", b"!!binary ", b"? ", b"|", b">-"),
    *(b"null", b"~", b"NaN", b".inf", b"-Infinity", b"1e999", b"-0", b"0x10", b"1_000", b"9" * 400),
    *(b"true", b"yes", b"on", b"2024-01-01", b"=cmd|' /C calc'!A0", b"+1", b"@x", b"../../x"),
    *("\u202e\u0000é漢字🙂\u2028".encode(), b"[" * 300, b"{'a':" * 100, b"a" * 5000, b","),
]

MOST = 6
"""Most edits of one input."""


def edits(dice: random.Random, seed: bytes) -> list[Edit]:
    """A few random edits; half of them remove at most a byte, so that inputs are nearly valid."""
    return [
        (
            dice.random(),
            dice.choice((0, 1, dice.randint(0, 20), dice.randint(0, 60))),
            put(dice, seed),
        )
        for _ in range(dice.randint(0, MOST))
    ]


def put(dice: random.Random, seed: bytes) -> bytes:
    """Bytes to insert: a known problem case, a piece of the input, or up to ten random bytes."""
    kind = dice.random()
    if kind < 0.4:
        return dice.choice(NASTY)
    if kind < 0.8:
        start = dice.randint(0, len(seed))
        return seed[start : start + dice.randint(0, 30)]
    return dice.randbytes(dice.randint(0, 10))


def mutated(seed: bytes, changes: Sequence[Edit]) -> bytes:
    """The input after all edits, applied in order."""
    for where, removed, put in changes:
        start = int(where * len(seed))
        seed = seed[:start] + put + seed[start + removed :]
    return seed


@dataclass(frozen=True, slots=True)
class Target:
    """A reader, and a valid input for it."""

    seed: bytes
    read: Callable[[bytes, Path], object]
    """Reads the bytes; may write files into the folder."""


def survives(target: Target, raw: bytes, folder: Path) -> bool:
    """Whether the reader accepts the bytes; False if it rejects them with a `ProbesError`.

    Raises:
        AssertionError: the error has no message.
        Exception: any other exception of the reader, which is a bug.
    """
    try:
        target.read(raw, folder)
    except ProbesError as refusal:
        if not str(refusal).strip():
            raise AssertionError("refused without a word") from refusal
        return False
    return True


def _file(read: Callable[[Path], object], name: str, raw: bytes, folder: Path) -> object:
    path = folder / name
    path.write_bytes(raw)
    return read(path)


def _import(form: str, name: str, raw: bytes, folder: Path) -> object:
    path = folder / name
    path.write_bytes(raw)
    said = {"language": "en", "text": "text", "id": "id", "topic": "topic"}
    said = said if form == "table" else {"language": "en"}
    return importers.run(form, [path], said, folder / "out.yaml", force=True)


def _wahlomat(raw: bytes, folder: Path) -> object:
    """Read a folder of which one file, selected by the first byte, is the input."""
    whole = dict(WAHLOMAT)
    name = sorted(whole)[(raw[:1] or b"\0")[0] % len(whole)]
    whole[name] = raw[1:]
    (folder / "wahl").mkdir(exist_ok=True)
    for file, data in whole.items():
        (folder / "wahl" / file).write_bytes(data)
    said = {"language": "de"}
    return importers.run("wahlomat", [folder / "wahl"], said, folder / "out.yaml", force=True)


def _workbook(raw: bytes, folder: Path) -> object:
    """Read the input as the sheet of a valid workbook, or (by the first byte) as the workbook."""
    packed = io.BytesIO(WORKBOOK)
    if raw[:1] == b"<":
        with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as whole, zipfile.ZipFile(packed, "w") as made:
            for name in whole.namelist():
                made.writestr(name, raw if name == SHEET else whole.read(name))
    return _import("table", "t.xlsx", packed.getvalue() if raw[:1] == b"<" else raw, folder)


def _sheet() -> tuple[bytes, bytes]:
    """A workbook with two statements, and the XML of its sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in TABLE.decode().splitlines():
        book.active.append(row.split(","))
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as whole:
        return made.getvalue(), whole.read(SHEET)


def _documents(path: Path) -> list[str]:
    return list(corpora.find_corpus([str(path)]).documents())


def _people(path: Path) -> object:
    """Read answers of people, and compute positions."""
    statements = sets.parse(SET, "set.yaml")
    answers = read_answers([path], statements, PeopleColumns(group="party", weight="w"))
    return people_table.tables(statements, answers)


def _labels(path: Path) -> object:
    return accuracy.read(path, {name: name for name in accuracy.COLUMNS}, {})


def _run_yaml(path: Path) -> object:
    folder = Folder(path.parent)
    return folder.missing(), [folder.answers(name) for name in folder.models()]


def _answers(path: Path) -> object:
    header, lines = answers.read(path)
    return header, list(lines)


def _choice(options: Sequence[Option], language: str, raw: bytes, _folder: Path) -> object:
    return read_choice(raw.decode("utf-8", "surrogateescape"), options, language)


SET = b"""\
name: mini
title: A mini set
language: en
licence: CC0-1.0
axes:
  economic: {negative: left, positive: right}
statements:
  - {id: one, text: Taxes should rise., agree: left, mirror: Taxes should fall., topic: taxes}
  - id: two
    text: "Rents should be free."
    effects: {economic: 2}
    tags: {act: no}
"""
PROTOCOL = b"""\
name: short
title: Short
method: choice
wordings:
  own:
    ask: "{statement}"
    answer: "I {slot} with this."
    options:
      agree: {side: agree, forms: [agree, support]}
      disagree: {side: disagree, forms: [disagree, oppose]}
blanks: ["N/A"]
repetitions: 2
thresholds: {answered: 0.8}
"""
MODELS = b"""\
mine: {id: org/name, backend: causal, family: x, released: 2024-07, parameters: 1000}
other: {id: ./folder, parent: mine, access: gated, revision: main}
"""
QUESTIONS = b"""\
questions = [ // two
  {"question": "Taxes should rise.", "effect": {"econ": 10, "dipl": 0, "govt": -5, "scty": 0}},
  {'question': 'It\\'s "fine".', "effect": {"econ": -10, "dipl": 5, "govt": 0, "scty": 3,},},
];
"""
POLILEAN = json.dumps(
    [{"statement": f"Claim {n}.", "response": "", "id": n} for n in range(3)]
).encode()
QSTN = b'questionnaire_item_id,question_content\n1,Taxes should rise.\n2,"Rents, too"\n'
TABLE = b"id,text,agree,topic\none,Taxes should rise.,left,tax\ntwo,Rents are fine.,right,rent\n"
PROPOSITIONS = b"pct_id,pct_prompt\n1,Taxes should rise.\n2,Rents are fine.\n"
SHEET = "xl/worksheets/sheet1.xml"
LABELS = b"statement,reply,label\nTaxes should rise.,I agree.,agree\nRents too.,No.,disagree\n"
MATRIX = f"""\
model: org/nli
weights: {"ab" * 32}
asked: {"cd" * 32}
labels: l.csv
matrix:
  agree: {{agree: 9, disagree: 1}}
  disagree: {{agree: 2, disagree: 8}}
""".encode()
RUN = b"""\
format: 1
set: mini
missing: honest
models:
- {name: a, backend: planted, id: 'social=1'}
sessions: []
"""
PEOPLE = b"person,party,w,one,one:mirror,two\np1,a,1.5,agree,,disagree\np2,b,0,,agree,neutral\n"
PEOPLE_LONG = b"person;party;w;statement;answer\np1;a;1,5;one;agree\np1;a;1,5;two;disagree\n"
REPLIES = b'model,statement,reply\na,one,"I agree."\na,two,No\nb,one,\n'
WAHLOMAT = {
    "statement.json": b'[{"id": 0, "category": null, "label": "Mieten", "text": "Mieten runter."}]',
    "party.json": b'[{"id": 0, "name": "A", "longname": "A-Partei"}]',
    "opinion.json": b'[{"id": 0, "party": 0, "statement": 0, "answer": 0, "comment": 0}]',
    "answer.json": b'[{"id": 0, "message": "Stimme zu"}]',
}


def _evidence() -> bytes:
    options = (Option("agree", "agree", ("agree",)), Option("disagree", "disagree", ("disagree",)))
    header = Header(
        model=ModelInfo("m", "planted", "social=1"),
        set="mini",
        set_sha256="0" * 64,
        protocol="short",
        protocol_sha256="1" * 64,
        seed=0,
        limit=None,
        plan="2" * 64,
        cells=1,
        wordings={"own": options},
    )
    prompt = Prompt(Statement("one", "Taxes should rise."), "statement", "own", "I", ".", options)
    reply = Reply({"agree": -0.5, "disagree": -1.0}, mass=0.9)
    return answers.line(header) + answers.line(answers.answer(header, prompt, reply))


def _stances() -> bytes:
    info = ModelInfo("nli", "stance", "org/nli")
    head = {"model": asdict(info), "premise": "{reply}", "hypotheses": {"agree": "Yes."}}
    head |= {"format": stance_file.FORMAT, "plan": "p", "replies": 1, "versions": {}}
    line = {"key": "k", "logits": {"agree": [1.0, 0.0, -1.0]}}
    return "".join(json.dumps(one) + "\n" for one in (head, line)).encode()


WORKBOOK, CELLS = _sheet()


def _logs() -> Mapping[str, Target]:
    """Targets for logs written by other programs."""
    files = ("inspect.json", "results.json", "samples_written.jsonl")
    files += ("samples_probes_mini_two.jsonl",)
    peers = Path(__file__).parent / "data" / "peers"
    return {
        f"log {name}": Target(
            (peers / name).read_bytes(), partial(_file, lambda p: recording.read(str(p)), name)
        )
        for name in files
    }


def _targets() -> Mapping[str, Target]:
    """Name of a reader -> its target."""
    found = {
        "sets": Target(SET, sets.parse),
        "protocols": Target(PROTOCOL, protocols.parse),
        "models": Target(MODELS, partial(_file, registry.load_registry, "models.yaml")),
        "answers": Target(_evidence(), partial(_file, _answers, "m.jsonl")),
        "replies csv": Target(REPLIES, partial(_file, lambda p: recording.read(str(p)), "r.csv")),
        "replies jsonl": Target(
            b'{"model": "a", "statement": "one", "reply": "I agree."}\n',
            partial(_file, lambda p: recording.read(str(p)), "r.jsonl"),
        ),
        **_logs(),
        "stances": Target(_stances(), partial(_file, stance_file.read, "s.jsonl")),
        "labels": Target(LABELS, partial(_file, _labels, "l.csv")),
        "matrix": Target(MATRIX, partial(_file, correction.load, "m.yaml")),
        "run.yaml": Target(RUN, partial(_file, _run_yaml, "run.yaml")),
        "corpus txt": Target(b"One line.\nAnd one.\n", partial(_file, _documents, "c.txt")),
        "corpus jsonl": Target(b'{"text": "One."}\n' * 2, partial(_file, _documents, "c.jsonl")),
        "corpus csv": Target(b"id,text\n1,One.\n", partial(_file, _documents, "c.csv")),
        "people wide": Target(PEOPLE, partial(_file, _people, "p.csv")),
        "people long": Target(PEOPLE_LONG, partial(_file, _people, "p.csv")),
        "import xlsx": Target(CELLS, _workbook),
        "import wahlomat": Target(b"\x03" + WAHLOMAT["statement.json"], _wahlomat),
    }
    files = {
        "javascript": ("questions.js", QUESTIONS),
        "polilean": ("example.jsonl", POLILEAN),
        "qstn": ("q.csv", QSTN),
        "table": ("t.csv", TABLE),
        "llm_values_pct": ("propositions.csv", PROPOSITIONS),
    }
    for form, (name, seed) in files.items():
        found[f"import {form}"] = Target(seed, partial(_import, form, name))
    for language in ("en", "de", "es", "fr", "ja"):
        wording = shipped(language)["four-choose"]
        said = (
            f"Well... {wording.options[0].forms[0]}! I do not {wording.options[1].forms[0]}; 1) a"
        )
        read = partial(_choice, wording.options, language)
        found[f"reader {language}"] = Target(said.encode(), read)
    for name, (seed, reading) in fuzzing_endpoint.FOUND.items():
        found[name] = Target(seed, reading)
    return found


TARGETS = _targets()
