"""Placing corpora in a run folder: retrieve passages, judge them, write answers and tables.

Each corpus is a model of backend ``corpus`` there; its data are

::

    DIR/passages/NAME.jsonl   retrieved passages (see `evidence`)
    DIR/judged/NAME.jsonl     the judge's stances (see `replies.stance_file`)
    DIR/answers/NAME.jsonl    both, as answers (see `answering`)

All tables and figures are made from the answers, as for models. `place` resumes where it was
stopped; `again` needs neither corpus nor judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from probes.asking import protocols
from probes.asking.loop import VERSION
from probes.corpora import coverage, evidence, judging, protocol, verdicts
from probes.corpora.answering import answer_file
from probes.corpora.evidence import CorpusEvidence, PassagesHeader
from probes.corpora.retrieval import RetrievalOptions, Tell, retrieve
from probes.corpora.vocabulary import Vocabulary
from probes.errors import CorpusError, RunError, UsageError
from probes.files import csv
from probes.files.atomic import write
from probes.files.lock import locked
from probes.instruments import sets
from probes.models.load import open_stance_model
from probes.replies import stance
from probes.replies.stance_file import StanceHeader
from probes.runs.conclude import concluded
from probes.runs.folder import Folder, model_entry, opened
from probes.runs.run_yaml import Settings
from probes.tables.place import Conclusion
from probes.training.corpora import Corpus, sha256
from probes.types import Correction, Judge, LoadOptions, Materials, ModelInfo, Stance

BACKEND = "corpus"
"""Backend name of a corpus among the models of a run."""


@dataclass(frozen=True, slots=True)
class CorporaRequest:
    """A request of `probes corpus place`."""

    corpora: Mapping[str, Corpus]
    """Name -> corpus."""
    set: str = "compass"
    stance: str | None = None
    """A stance model to use instead of the protocol's."""
    verdicts: bool = False
    """Use the keyword judge (`verdicts`) instead of a stance model."""
    options: RetrievalOptions = field(default_factory=RetrievalOptions)
    matrix: str | None = None
    """File of the stance model's error matrix; ``none`` removes the correction."""
    load: LoadOptions = field(default_factory=LoadOptions)
    """Load options of the stance model."""
    command: str = ""


def place(request: CorporaRequest, out: Path, tell: Tell | None = None) -> Conclusion:
    """Retrieve, judge and place; results that are on disk are reused.

    Raises:
        ProbesError: any fault that the user can correct; finished results stay on disk.
    """
    statements, set_file = sets.read(request.set)
    sets.require_statements(statements, "a corpus is placed")
    materials = protocol.materials(statements, request.stance, verdicts_read=request.verdicts)
    protocol.refuse_other_judge(out, materials.recipe)
    settings = Settings(
        set=statements.name,
        set_sha256=statements.sha256,
        protocol=materials.recipe.name,
        protocol_sha256=materials.recipe.sha256,
        seed=request.options.seed,
        limit=None,
        dtype=request.load.dtype,
        batch_size="auto",
        plan_version=VERSION,
    )
    with opened(out, settings) as folder:
        folder.write("set.yaml", set_file)
        folder.write("protocol.yaml", protocols.dump(materials.recipe))
        if materials.controls:
            folder.write("controls.yaml", sets.read(materials.recipe.controls)[1])
        folder.record(settings, [], request.command)
        materials = folder.materials()
        by_corpus = {
            name: _found(folder, name, corpus, materials, request, tell)
            for name, corpus in request.corpora.items()
        }
        judge = _judge(request, materials)
        for name, found_evidence in by_corpus.items():
            _judge_corpus(folder, name, found_evidence, judge, materials, tell)
            folder.record(settings, [model_entry(_info(found_evidence.header), 0)], request.command)
        return _concluded(folder, request.matrix)


def again(out: Path, matrix: str | None = None) -> Conclusion:
    """Write all tables again from stored passages and stances, with the folder's protocol.

    Raises:
        RunError: it is not a folder of corpora, or judging a corpus was not finished.
    """
    folder = Folder(out)
    if not holds(out) or not folder.models():
        raise RunError(f"{out}: holds no corpus that was judged to the end; give the corpora again")
    with locked(out, "run"):
        return _concluded(folder, matrix)


def holds(out: Path) -> bool:
    """Whether a path is a folder of `place`, finished or not."""
    return (out / "run.yaml").is_file() and (out / "passages").is_dir()


def passages_file(folder: Folder, name: str) -> Path:
    """Path of the file of a corpus's passages."""
    return folder.path / "passages" / folder.answers(name).name


def stances_file(folder: Folder, name: str) -> Path:
    """Path of the file of the judge's stances on a corpus."""
    return folder.path / "judged" / folder.answers(name).name


def _found(
    folder: Folder,
    name: str,
    corpus: Corpus,
    materials: Materials,
    request: CorporaRequest,
    tell: Tell | None,
) -> CorpusEvidence:
    """Passages of a corpus: retrieved, or read from disk if that was done before."""
    path, statements, options = passages_file(folder, name), materials.statements, request.options
    hashes = corpus.hashes()
    wanted = PassagesHeader(
        corpus=name,
        files=hashes,
        column=corpus.layout.column,
        set_sha256=statements.sha256,
        about=options.about,
        kept=options.kept,
        seed=options.seed,
    )
    if path.exists():
        stored = evidence.read(path)
        evidence.refuse_other(path, stored.header, wanted)
        return stored
    words = Vocabulary.of(statements.statements, statements.language)
    retrieved = retrieve(corpus, words, statements.statements, options, _named(tell, name))
    if corpus.hashes() != hashes:
        raise CorpusError(f"{name}: its files changed while they were read; start again")
    head = replace(wanted, passages=retrieved.passages, found=retrieved.counts)
    path.parent.mkdir(exist_ok=True)
    passages = CorpusEvidence(head, tuple(retrieved.found))
    evidence.save(path, passages)
    return passages


def _judge(request: CorporaRequest, materials: Materials) -> Judge:
    if request.verdicts:
        return verdicts.load(materials.statements.language)
    stance_settings = materials.recipe.stance or Stance()
    return open_stance_model(stance_settings, request.load, typed=request.stance is not None)


def _judge_corpus(
    folder: Folder,
    name: str,
    passages: CorpusEvidence,
    judge: Judge,
    materials: Materials,
    tell: Tell | None,
) -> None:
    """Judge the passages of a corpus that have no stance on disk yet."""
    path, how = stances_file(folder, name), materials.recipe.stance or Stance()
    items = judging.judged_texts(passages.found, materials)
    path.parent.mkdir(exist_ok=True)
    for done, total in judging.judge_passages(path, judge, how, items):
        if tell:
            tell(f"{name}: judging", done, total)


def _write_answers(folder: Folder, name: str, materials: Materials) -> coverage.Judged:
    """Write a corpus's answers from its passages and stances."""
    passages = evidence.read(passages_file(folder, name))
    items = judging.judged_texts(passages.found, materials)
    path, how = stances_file(folder, name), materials.recipe.stance or Stance()
    head, replies = judging.read(path, how, items)
    refuse_other_matrix(materials.correction, path, head, how)
    write(
        folder.answers(name),
        answer_file(_info(passages.header), materials, passages.header.seed, items, replies),
    )
    return coverage.Judged(passages, items, replies, head.model.id)


def _concluded(folder: Folder, matrix: str | None) -> Conclusion:
    """Write answers, coverage and all tables of the run."""
    if matrix is not None:
        folder.correct(matrix)
    materials = folder.materials()
    if len(materials.recipe.wordings) != 1 or not materials.recipe.wordings[0].options:
        raise RunError(f"{folder.path / 'protocol.yaml'}: is not the protocol of placed corpora")
    judged = [_write_answers(folder, name, materials) for name in folder.models()]
    for table, rows in coverage.tables(judged, materials).items():
        csv.save(rows, folder.path / f"{table}.csv")
    return concluded(folder.path)


def refuse_other_matrix(
    matrix: Correction | None, path: Path, head: StanceHeader, how: Stance
) -> None:
    """Check that an error matrix was measured with the judge, premise and hypotheses in use.

    Raises:
        UsageError: it was not.
    """
    digest = stance.digest(replace(how, premise=head.premise, hypotheses=head.hypotheses))
    if matrix and (matrix.weights, matrix.asked) != (head.model.weights, digest):
        raise UsageError(
            f"{matrix.source}: was made with another stance model, or other premises, hypotheses "
            f"or threshold, than {path}; make it with `probes stance check --protocol "
            f"{path.parent.parent / 'protocol.yaml'}`"
        )


def _info(header: PassagesHeader) -> ModelInfo:
    """The corpus described as a model."""
    weights = sha256(list(header.files.values()))
    files = ", ".join(header.files)
    return ModelInfo(header.corpus, BACKEND, files, weights=weights, dtype="none")


def _named(tell: Tell | None, name: str) -> Tell | None:
    """The progress callback with the corpus's name put before its messages."""
    return tell and (lambda stage, done, total: tell(f"{name}: {stage}", done, total))
