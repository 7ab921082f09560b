"""The only imports of the package's insides that the reference needs.

Everything else in this folder reaches the code through `probes`, `probes.types`, `probes.errors`
and `probes.cli`. When a module moves, this is the one place to mend.
"""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

Key = tuple[bool, object]
"""Whether it is needed, and what it is if it is left out."""


def csv_columns() -> Mapping[str, Sequence[str]]:
    """Table of a run, about people, or of predictions -> its columns, in order."""
    from probes.corpora import coverage, dose
    from probes.downstream import conclude, link
    from probes.downstream.recipe import published
    from probes.people import people_table, validation
    from probes.tables import stored

    about_people = {f"people_{name}": of for name, of in validation.COLUMNS.items()}
    corpora = {"coverage": coverage.COVERAGE, "corpora": coverage.CORPORA}
    doses = {"dose": dose.DOSE, "dose_fits": dose.FITS}
    links = {"link": link.LINK, "link_fits": link.FITS, "published": published.COLUMNS}
    of_people = {**people_table.FILES, **about_people}
    return {**stored.COLUMNS, **of_people, **conclude.COLUMNS, **corpora, **doses, **links}


def parquet_columns() -> Sequence[str]:
    """The columns of the evidence as Parquet, in order."""
    from probes.runs import parquet

    return list(parquet.evidence_schema().names)


def yaml_keys() -> Mapping[str, Mapping[str, Key]]:
    """Part of a YAML file -> the keys that it may have."""
    from probes import types
    from probes.asking import protocol_schema, wordings
    from probes.claims import claim as claims
    from probes.conditions import read
    from probes.downstream import settings
    from probes.downstream.task import schema as taskfile
    from probes.instruments import borrowed, requests
    from probes.instruments import schema as setfile
    from probes.models import schema as modelfile
    from probes.questionnaire import questions

    schemas = {
        "set": setfile.SetFile,
        "axis": setfile.AxisEntry,
        "scoring": setfile.ScoringEntry,
        "text_from": borrowed.TextSource,
        "respondent": setfile.RespondentEntry,
        "statement": setfile.StatementEntry,
        "variant": setfile.VariantEntry,
        "requests": requests.RequestFile,
        "request": requests.RequestEntry,
        "protocol": protocol_schema.ProtocolFile,
        "conditions": read.ConditionsFile,
        "condition": read.ConditionEntry,
        "exchange": types.PastExchange,
        "thresholds": types.Thresholds,
        "writing": types.Writing,
        "stance": types.Stance,
        "faithful": types.Faithful,
        "own_method": types.OwnMethod,
        "wording": wordings.WordingEntry,
        "option": wordings.OptionEntry,
        "model": modelfile.ModelEntry,
        "limits": modelfile.LimitsEntry,
        "prices": modelfile.PricesEntry,
        "claim": claims.Prediction,
        "questions": questions.QuestionsFile,
        "question": questions.Question,
        "choice": questions.AnswerChoice,
        "task": taskfile.TaskFile,
        "task_file": taskfile.TaskFileEntry,
        "task_label": taskfile.TaskLabel,
        "task_group": taskfile.TaskGroups,
        "task_split": taskfile.TaskSplit,
        "downstream": settings.DownstreamFile,
        "downstream_model": settings.DownstreamModel,
    }
    return {part: _keys(schema) for part, schema in schemas.items()}


def _keys(schema: type) -> dict[str, Key]:
    """From the JSON schema, which pydantic's models and dataclasses both have."""
    fields = TypeAdapter(schema).json_schema()
    needed = set(fields.get("required", ()))
    return {
        name: (name in needed, field.get("default")) for name, field in fields["properties"].items()
    }
