"""Who is asked, by which protocol: models as typed -> models as asked, for replies recorded before.

A recorded file becomes a model for each that it holds, and brings its own wordings; all its rows
are checked against the set here, before anything is written. Other models pass untouched.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from probes import plugins
from probes.asking import protocols, wordings
from probes.backends.recorded import Recorded
from probes.backends.recordings import recording as recordings
from probes.budget import Budget
from probes.errors import UsageError
from probes.instruments import sets
from probes.types import ModelSpec, Option, Recipe, Scorer, StatementSet, Wording, Writer

expanded = recordings.expanded


def usual_protocol(specs: Sequence[ModelSpec], language: str = "en") -> str:
    """The protocol that models are asked by unless told otherwise: recorded ones by their own, the
    others by `default`, in the set's language where it is there in that."""
    if _recorded(specs):
        return "recorded"
    edition = f"default.{language}"
    return edition if edition in plugins.names("protocols", ".yaml") else "default"


def usual_set(protocol: str, text: Path | None = None) -> str:
    """The set that is asked unless told otherwise: the one that a published protocol was used with,
    if its texts are at hand or given, else `compass`."""
    rule = protocols.load(protocol).faithful
    if rule and rule.set and (text is not None or sets.at_hand(rule.set)):
        return rule.set
    return "compass"


def budget(
    specs: Sequence[ModelSpec], max_requests: int | None, max_cost: float | None
) -> Budget | None:
    """What endpoints may be sent; None: all that it takes.

    Raises:
        UsageError: a limit makes no sense, or there is nothing that it could be of.
    """
    if max_requests is None and max_cost is None:
        return None
    remote = [spec for spec in specs if spec.endpoint is not None]
    if not remote:
        raise UsageError("--max-requests and --max-cost are for models behind an endpoint")
    unpriced = [spec.name for spec in remote if spec.endpoint and not spec.endpoint.prices]
    if max_cost is not None and unpriced:
        raise UsageError(
            f"--max-cost {max_cost:g}: {unpriced[0]} has no prices; give its entry of models.yaml "
            "prices: {read: ..., written: ...}, of a million tokens"
        )
    return Budget(max_requests, max_cost)


def recipe(given: Recipe, specs: Sequence[ModelSpec], statements: StatementSet) -> Recipe:
    """The protocol, with the wordings that recorded files name, in the set's language.

    Raises:
        ModelError: a recorded file does not fit the set.
        UsageError: the protocol is for models that score, not for replies that are there.
    """
    sources = _recorded(specs)
    if not sources:
        return given
    if given.method != "reply":
        raise UsageError(
            f"recorded replies cannot be asked by protocol {given.name}; use --protocol recorded"
        )
    names = dict[str, None]()
    for source in sources:
        recording = recordings.read(source)
        recording.places(statements)
        names |= dict.fromkeys(row.wording for row in recording.rows)
    pattern = _translated(given.wordings[0], statements.language)
    own = given.wordings if any(spec.backend != "recorded" for spec in specs) else ()
    found = replace(given, wordings=(*own, *(_wording(n, pattern, statements) for n in names)))
    return protocols.parse(protocols.dump(found).encode(), Path(given.name))  # for its sha256


def bound(model: Scorer | Writer, statements: StatementSet) -> Scorer | Writer:
    """The model; recorded replies are put to the statements of the set."""
    return model.bound(statements) if isinstance(model, Recorded) else model


def _recorded(specs: Sequence[ModelSpec]) -> list[str]:
    """The recorded files among the models, each once."""
    return list(dict.fromkeys(s.id.partition("#")[0] for s in specs if s.backend == "recorded"))


def _translated(wording: Wording, language: str) -> Wording:
    if wording.language == language:
        return wording
    return wordings.shipped(language).get(wording.name, wording)


def _wording(name: str, pattern: Wording, statements: StatementSet) -> Wording:
    """A wording whose text is not known: its name stands for it."""
    if not pattern.options:
        return replace(pattern, name=name, ask=f"[{name}] {{statement}}", answer="{slot}")
    options = pattern.options
    neutral = [label for label, value in statements.scoring.options.items() if not value]
    if neutral:
        middle = Option(neutral[0], "neutral", (neutral[0],))
        options = (*options[: len(options) // 2], middle, *options[len(options) // 2 :])
    orders = tuple(range(len(options))), tuple(reversed(range(len(options))))
    ask = f"[{name}] {{statement}} {{options}}."
    return replace(pattern, name=name, ask=ask, answer="{slot}", options=options, orders=orders)
