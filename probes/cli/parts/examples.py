"""Examples in the help of each command; a test parses every one."""

from collections.abc import Mapping, Sequence

EXAMPLES: Mapping[str, Sequence[str]] = {
    "run": (
        "probes run --model gpt2 --model roberta-base --out runs/first",
        "probes run --model ./my-checkpoint --set ./mine.yaml --limit 20",
        "probes run --model planted:economic=-6,social=3   (a respondent, in seconds)",
        "probes run study.yaml --dry-run",
    ),
    "compare": (
        "probes compare runs/first gpt2 roberta-base",
        "probes compare runs/first --all --json",
    ),
    "across": ("probes across runs/compass runs/8values --trait economic=economic,-econ",),
    "converge": ("probes converge runs/options runs/replies runs/requests",),
    "pretrain": ("probes pretrain --model gpt2 --corpus news.txt --steps 500 --out models/news",),
    "finetune": ("probes finetune --model roberta-base --task hatecheck --out hate/base",),
    "table": (
        "probes table runs/first --format latex --columns position,answered --digits 1",
        "probes table runs/first --format csv --models gpt2",
    ),
    "export": (
        "probes export runs/first",
        "probes export runs/first --inspect first.eval --model gpt2",
        "probes export compass --lm-eval tasks/compass",
    ),
    "report": ("probes report runs/first -o first.html",),
    "view": ("probes view runs/first",),
    "place": ("probes place runs/first", "probes place runs/first --json"),
    "verify": ("probes verify runs/first",),
    "plot": (
        "probes plot compass runs/first -o compass.pdf",
        "probes plot axes runs/first -o axes.svg --width 3.3",
    ),
    "demo": ("probes demo",),
    "models": ("probes models --family pythia",),
    "sets list": ("probes sets list",),
    "sets show": ("probes sets show compass",),
    "sets sheet": ("probes sets sheet compass -o sheet.csv --model some-chatbot",),
    "sets fetch": ("probes sets fetch pct62",),
    "sets check": ("probes sets check ./mine.yaml",),
    "sets validate": ("probes sets validate compass answers.csv --group party --out people",),
    "sets form": ("probes sets form compass -o form.html",),
    "sets import": (
        "probes sets import table",
        "probes sets import table mine.csv -o mine.yaml --option licence=CC0-1.0",
    ),
    "protocols list": ("probes protocols list",),
    "protocols show": ("probes protocols show default",),
    "protocols check": ("probes protocols check ./mine.yaml",),
    "wordings list": ("probes wordings list --language de",),
    "wordings show": ("probes wordings show support",),
    "corpus place": (
        "probes corpus place left.txt right.jsonl --set compass --out runs/corpora",
        "probes corpus place news=2020.csv.gz news=2021.csv.gz --column body --stance ./nli",
        "probes corpus place runs/corpora   (again, without corpora and judge)",
    ),
    "downstream link": ("probes downstream link runs/children runs/hate --group women",),
    "downstream recipe": ("probes downstream recipe feng2023-downstream",),
    "corpus dose": ("probes corpus dose runs/children runs/corpora",),
    "tasks list": ("probes tasks list",),
    "tasks show": ("probes tasks show hatecheck",),
    "tasks check": ("probes tasks check planted", "probes tasks check ./mine.yaml --file mine.csv"),
    "tasks fetch": ("probes tasks fetch hatecheck",),
    "downstream run": (
        "probes downstream run --model roberta-base --model ./left --task liar --out runs/liar",
        "probes downstream run --model gpt2 --task planted --frozen --seeds 3 --out runs/planted",
    ),
    "downstream place": ("probes downstream place runs/hate",),
    "downstream compare": ("probes downstream compare runs/hate base news-left",),
    "stance check": ("probes stance check labels.csv -o matrix.yaml",),
    "stance judge": ("probes stance judge runs/open",),
    "stance converge": ("probes stance converge runs/first runs/open",),
}
"""Command -> example command lines."""


def epilog(name: str) -> str:
    """Text below the options in a command's help; keeps its line breaks."""
    lines = EXAMPLES.get(name, ())
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines) if lines else ""
