"""The run folder: its lock, `run.yaml`, and its files.

::

    DIR/run.yaml               what ran: set, protocol, models, versions, seed, command lines
    DIR/set.yaml  protocol.yaml  controls.yaml     copies, so that the folder is self-contained
    DIR/answers/<model>.jsonl  the evidence (see `answers`)
    DIR/stances/<model>.jsonl  stances of replies by a stance model (see `replies.stance_file`)
    DIR/passages/  judged/     of corpora: passages, and their stances (see `corpora.place`)
    DIR/claims.yaml            predictions, if they were written down beforehand
    DIR/*.csv, compass.png     results computed by `session`
    DIR/SHA256SUMS             hashes of all of these

Every file but the evidence is replaced whole or not at all. Independent of models and numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import cast, get_args

from probes.asking import protocols
from probes.claims import kept
from probes.errors import RunError
from probes.evidence import trial
from probes.files import atomic
from probes.files.atomic import refuse_links, write
from probes.files.claim import claim
from probes.files.escape import filename
from probes.files.lock import LOCK, locked
from probes.files.yaml import read_bytes
from probes.instruments import sets
from probes.provenance import versions
from probes.replies import correction
from probes.runs.run_yaml import RunFile, Settings
from probes.types import Materials, Missing, ModelInfo, Variants

CORRECTION = "stance-matrix.yaml"
KEPT = ("claims_sha256", "people")
"""Keys of `run.yaml` that only some runs have, and that sessions leave unchanged."""
OURS = {LOCK, "answers", "set.yaml", "protocol.yaml", "controls.yaml", kept.CLAIMS}
"""Files that a run killed before it wrote `run.yaml` may leave."""


@dataclass(frozen=True, slots=True)
class Folder:
    """An open run folder: this process holds its lock, or only reads."""

    path: Path
    _file: RunFile = field(default_factory=RunFile, init=False, repr=False, compare=False)

    def answers(self, model: str) -> Path:
        """Path of a model's evidence; any name maps to a plain file inside the folder."""
        name = filename(model)
        if len(name) > 200:  # file systems allow 255 bytes
            raise RunError(f"the model name {model[:40]!r}... is too long; use --model NAME=PATH")
        return self.path / "answers" / f"{name}.jsonl"

    def stances(self, model: str) -> Path:
        """Path of the stances of a model's replies; exists if they were judged."""
        return self.path / "stances" / self.answers(model).name

    def write(self, name: str, data: str | bytes) -> None:
        """Replace a file of the folder, whole or not at all."""
        write(self.path / name, data.encode() if isinstance(data, str) else data)

    def record(
        self, settings: Settings, models: Sequence[Mapping[str, object]], command: str
    ) -> None:
        """Write `run.yaml`: settings, models (new ones after the existing), sessions."""
        before: dict[str, object] = self.run() if (self.path / "run.yaml").exists() else {}
        old = {str(m["name"]): m for m in cast("list[dict[str, object]]", before.get("models", []))}
        new = {str(m["name"]): dict(m) for m in models}
        sessions = cast("list[object]", before.get("sessions", []))
        if not models:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            sessions = [*sessions, {"command": command, "started": now, "versions": versions()}]
        kept_facts = {name: before[name] for name in KEPT if name in before}
        content = {
            "format": 1,
            **settings.content,
            **({"trials": trials} if (trials := trial.earlier(before, settings.limit)) else {}),
            "missing": before.get("missing", "honest"),
            **kept_facts,
            "models": list((old | new).values()),
            "sessions": sessions,
        }
        self.write("run.yaml", self._file.text(content))

    def run(self) -> dict[str, object]:
        """Content of `run.yaml`.

        Raises:
            RunError: there is none, so this is no run folder.
        """
        path = self.path / "run.yaml"
        if not path.is_file():
            raise RunError(f"{self.path}: not the folder of a run: it has no run.yaml")
        data = self._file.read(read_bytes(path), path)
        entries = data if isinstance(data, dict) else {}
        if not _are_named(entries.get("models")) or type(entries.get("seed", 0)) is not int:
            raise RunError(f"{path}: not written by `probes run`, or damaged")
        return cast("dict[str, object]", data)

    def missing(self) -> Missing:
        """How unanswered statements counted when the tables were last computed."""
        return cast("Missing", self._word("missing", "honest", get_args(Missing)))

    def variants(self) -> Variants:
        """Which variants of statements were asked."""
        return cast("Variants", self._word("variants", "first", get_args(Variants)))

    def _word(self, key: str, usual: str, valid: Sequence[str]) -> str:
        """Value of a key in `run.yaml` that must be one of some words.

        Raises:
            RunError: it is another value.
        """
        word = self.run().get(key, usual)
        if word not in valid:
            words = " or ".join(valid)
            raise RunError(f"{self.path / 'run.yaml'}: {key}: {word!r} should be {words}")
        return str(word)

    def choose(self, missing: Missing) -> None:
        """Write into `run.yaml` how unanswered statements count from now on."""
        if self.missing() != missing:
            content = {**self.run(), "missing": missing}
            self.write("run.yaml", self._file.text(content))

    def add(self, **facts: object) -> None:
        """Write keys that only some runs have into `run.yaml`; None: remove the key."""
        content = {name: value for name, value in self.run().items() if name not in facts}
        models, sessions = content.pop("models"), content.pop("sessions")
        content |= {name: value for name, value in facts.items() if value is not None}
        content |= {"models": models, "sessions": sessions}
        if content != self.run():
            self.write("run.yaml", self._file.text(content))

    def correct(self, matrix: str) -> None:
        """From now on, correct stances by a matrix file; ``none``: no correction.

        Raises:
            ProbesError: the file does not exist, or allows no correction.
        """
        if matrix == "none":
            (self.path / CORRECTION).unlink(missing_ok=True)
            return
        correction.load(Path(matrix))
        self.write(CORRECTION, read_bytes(Path(matrix)))

    def trials(self, limit: int | None) -> list[int]:
        """Limits of earlier trials in this folder, in order; each sample contains the previous."""
        return trial.earlier(self.run(), limit) if (self.path / "run.yaml").is_file() else []

    def models(self) -> list[str]:
        """Names of the models that were asked, in the order in which they were added."""
        return [str(m["name"]) for m in cast("list[dict[str, object]]", self.run()["models"])]

    def materials(self) -> Materials:
        """The folder's set, protocol and controls, and how missing answers count.

        Raises:
            ProbesError: one of them is missing or damaged, or a name in the folder is a link.
        """
        refuse_links(self.path)
        missing = self.missing()
        statements = sets.load(self.path / "set.yaml", fetch=False)
        recipe, controls = protocols.load(self.path / "protocol.yaml"), self.path / "controls.yaml"
        if recipe.controls and not controls.exists():
            raise RunError(
                f"{controls}: is missing, without which the answers to control pairs cannot be "
                "judged; put it back, or run the command that made the folder again, which writes "
                "it and asks nothing twice"
            )
        return Materials(
            statements,
            recipe,
            sets.load(controls, fetch=False) if controls.exists() else None,
            missing,
            correction.load(matrix) if (matrix := self.path / CORRECTION).exists() else None,
            variants=self.variants(),
        )


@contextmanager
def opened(path: Path, settings: Settings) -> Iterator[Folder]:
    """The folder opened for writing: created if missing, locked, and checked to hold this very run.

    Raises:
        RunError: it cannot be written, another run uses it, or it holds something else or a run
            with other settings.
    """
    fresh = not path.exists()
    refuse_links(path)
    claim(path, "run.yaml", "the folder of a run", OURS, subfolders=["answers"])
    with locked(path, "run"):
        folder = Folder(path)
        atomic.remove_leftovers(path)
        if (path / "run.yaml").exists():
            _check_settings(folder, settings)
        try:
            yield folder
        finally:
            if fresh and not any((path / "answers").iterdir()) and not (path / "passages").exists():
                rmtree(path)  # nothing was asked: leave no empty folder


def _are_named(models: object) -> bool:
    """Whether it is a list of models, each with a unique name."""
    entries = models if isinstance(models, list) else [None]
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
    return all(isinstance(name, str) for name in names) and len({*names}) == len(names)


def _check_settings(folder: Folder, settings: Settings) -> None:
    content = folder.run()
    trial.check_limit(folder.path, content.get("limit"), settings.limit)
    # Repetitions first: they change the protocol's hash, whose message is less clear.
    for name, value in sorted(asdict(settings).items(), key=lambda item: item[0] != "repeats"):
        recorded = content.get(name, "first" if name == "variants" else None)
        if name not in trial.CHANGES and recorded != value:
            raise RunError(
                f"{folder.path}: holds a run with {name.replace('_', ' ')} {recorded!r}, "
                f"not {value!r}; use another --out, or the settings of that run"
            )


def model_entry(info: ModelInfo, splits: int) -> dict[str, object]:
    """A model's entry in `run.yaml`; `splits`: number of batches split for lack of memory."""
    entry = {name: value for name, value in asdict(info).items() if value or name != "rewards"}
    return {**entry, "memory_splits": splits}
