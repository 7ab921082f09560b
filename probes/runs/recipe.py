"""Changes of a protocol for a run: repetitions, method, and the wordings of recorded replies.

Values in, values out; each change gives another protocol with its own hash. A user's own method is
executed here, so only what was typed may be passed.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from probes import plugins
from probes.asking import conditions as asked_under
from probes.asking import protocols, wordings
from probes.conditions import read as condition_files
from probes.errors import ModelError, UsageError
from probes.types import Option, OwnMethod, Recipe, StatementSet, Wording

NEEDS = {"score": "choice", "write": "reply"}
"""A method's `NEEDS` -> the method whose reading of replies it shares."""


@dataclass(frozen=True, slots=True)
class ProtocolChoice:
    """A protocol, and a run's changes to it."""

    protocol: Recipe | str | Path
    """A Recipe, a name or a file."""
    repeats: int | None = None
    method: str | None = None
    """A name or a file; see `with_method`."""
    recorded: tuple[str, ...] = ()
    """The wordings of recorded replies; empty if there are none."""
    mixed: bool = True
    """Whether other models are asked, too, in the protocol's own wordings."""
    conditions: tuple[str, ...] = ()
    """Names or files of conditions that replace the protocol's."""


def changed(choice: ProtocolChoice, statements: StatementSet, folder: Path) -> Recipe:
    """The protocol that is asked, with all changes.

    Args:
        choice: The protocol and the changes.
        statements: The set that is asked.
        folder: Folder that may hold the user's own wordings in the set's language.

    Raises:
        SetError: there is no such protocol, or it has faults.
        UsageError: a change is impossible for this protocol.
        ModelError: a wording of recorded replies is invalid.
    """
    protocol = choice.protocol
    recipe = protocol if isinstance(protocol, Recipe) else protocols.load(protocol)
    recipe = protocols.repeated(with_method(recipe, choice.method), choice.repeats)
    recipe = under(recipe, choice.conditions)
    asked_under.check(recipe, statements)
    if not choice.recorded:
        return recipe
    if recipe.conditions:
        raise UsageError("recorded replies are there already, and cannot be put under conditions")
    return _with_recordings(recipe, choice, statements, folder)


def with_method(recipe: Recipe, method: str | None) -> Recipe:
    """The protocol with another method, named after both.

    Args:
        recipe: A protocol.
        method: Name of a method, or a user's own file as typed; None: the protocol's.

    Raises:
        UsageError: there is no such method, or the file is none; the protocol was asked by
            somebody's own file, which was not given.
    """
    asked_by = recipe.own_method
    if method is None:
        if asked_by:
            raise UsageError(
                f"protocol {recipe.name} was asked by a method of somebody's own, which is run "
                f"only where it is typed: give its file, --method ./{asked_by.name}"
            )
        return recipe
    user_file = _user_file(method)
    if asked_by:
        if user_file is None or user_file.sha256 != asked_by.sha256:
            raise UsageError(
                f"--method {method}: is not the file that protocol {recipe.name} was asked by: "
                f"{asked_by.name} with sha256 {asked_by.sha256[:12]}..."
            )
        return recipe
    name = NEEDS[_needs(method)] if user_file else method
    if user_file is None and name == recipe.method:
        return recipe
    stem = re.sub(r"[^\w.-]", "_", Path(method).stem if user_file else method)
    called = f"{recipe.name}-{stem}"
    instead = {
        backend: replace(variant, name=called, method=name, own_method=user_file)
        for backend, variant in recipe.instead.items()
    }
    recipe = replace(recipe, name=called, method=name, own_method=user_file, instead=instead)
    if fault := protocols.unanswerable(recipe):
        raise UsageError(f"--method {method}: {fault}")
    return protocols.hashed(recipe)


def under(recipe: Recipe, names: Sequence[str]) -> Recipe:
    """The protocol under these conditions (names or files as typed); unchanged if there are none.

    Raises:
        SetError: there are no such conditions, or they have faults or another language.
    """
    if not names:
        return recipe
    language = recipe.wordings[0].language
    read = [condition_files.load(name, language) for name in names]
    conditions = condition_files.joined(read, f"--condition {' '.join(names)}")
    instead = {backend: replace(r, conditions=conditions) for backend, r in recipe.instead.items()}
    return protocols.hashed(replace(recipe, conditions=conditions, instead=instead))


def _user_file(method: str) -> OwnMethod | None:
    """A user's file by name and hash; None for a method that ships."""
    plugins.find("methods", method, "prompts")
    plugins.find("methods", method, "fitted")
    if not method.endswith(".py"):
        return None
    digest = hashlib.sha256(Path(method).read_bytes()).hexdigest()
    return OwnMethod(Path(method).name, digest)


def _needs(method: str) -> str:
    needs = getattr(plugins.find("methods", method, "prompts"), "NEEDS", "score")
    if needs not in NEEDS:
        raise UsageError(f"{method}: NEEDS is {needs!r}; it should be 'score' or 'write'")
    if needs == "write":
        plugins.find("methods", method, "read_reply")
    return str(needs)


def _with_recordings(
    recipe: Recipe, choice: ProtocolChoice, statements: StatementSet, folder: Path
) -> Recipe:
    """The protocol with the wordings of recorded replies, in the set's language."""
    if recipe.method not in {"reply", "pair", "advice"}:
        raise UsageError(
            f"recorded replies cannot be asked by protocol {recipe.name}; use --protocol recorded"
        )
    pattern = _translated(recipe.wordings[0], statements.language, folder)
    recorded = tuple(_unknown_wording(name, pattern, statements) for name in choice.recorded)
    for wording in recorded:
        if fault := wordings.unusable(wording):
            raise ModelError(f"recorded replies in a wording {wording.name!r}: {fault}")
    own = recipe.wordings if choice.mixed else ()
    return protocols.hashed(replace(recipe, wordings=(*own, *recorded)))


def _translated(wording: Wording, language: str, folder: Path) -> Wording:
    if wording.language == language:
        return wording
    return wordings.available(language, folder).get(wording.name, wording)


def _unknown_wording(name: str, pattern: Wording, statements: StatementSet) -> Wording:
    """A wording whose text is unknown; its name is used as text."""
    if not pattern.options:
        return replace(pattern, name=name, ask=f"[{name}] {{statement}}", answer="{slot}")
    options = pattern.options
    neutral = [label for label, value in statements.scoring.options.items() if not value]
    if neutral:
        middle = Option(neutral[0], "neutral", (neutral[0],))
        options = (*options[: len(options) // 2], middle, *options[len(options) // 2 :])
    count = len(options)
    orders = tuple(range(count)), tuple(reversed(range(count)))
    if not neutral and any("neutral" in r.answers.values() for r in statements.respondents):
        options = (*options, Option("neutral", "neutral", ("neutral",)))  # numbers stay as they are
        orders = (*orders[0], count), (*orders[1], count)
    ask = f"[{name}] {{statement}} {{options}}."
    return replace(pattern, name=name, ask=ask, answer="{slot}", options=options, orders=orders)
