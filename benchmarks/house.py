"""Size of the code: files per folder, lines of modules and functions, total lines.

    python -m benchmarks.house [FOLDER]      FOLDER: a checkout (default: the working directory)

Reads source text and imports nothing of the project.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

SOURCE = ("probes", "plots")
TESTS = ("tests",)


def main(root: Path) -> None:
    """Print the figures of a checkout."""
    source, tests = files(root, SOURCE), files(root, TESTS)
    print("folder                                    modules")
    for folder, count in sorted(Counter(str(p.parent.relative_to(root)) for p in source).items()):
        print(f"{folder:<40}{count:>9}")
    print(f"\nlines of source      {sum(map(lines, source))}")
    print(f"lines of tests       {sum(map(lines, tests))}")
    print(f"lines a module       {spread(lines(p) for p in source)}")
    print(f"lines a function     {spread(n for p in source for n in bodies(p))}")
    print(f"modules over 250     {[p.name for p in source if lines(p) > 250]}")
    print(f"functions over 60    {sum(n > 60 for p in source for n in bodies(p))}")
    names = Counter(name for p in source for name in classes(p))
    print(f"class names twice    {sorted(name for name, count in names.items() if count > 1)}")


def files(root: Path, folders: Sequence[str]) -> list[Path]:
    """The Python files below some folders of a checkout."""
    return sorted(p for folder in folders for p in (root / folder).rglob("*.py"))


def lines(path: Path) -> int:
    """Lines of a file."""
    return path.read_text("utf-8").count("\n")


def bodies(path: Path) -> Iterator[int]:
    """Lines of each function, without its docstring."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and node.body[1:] else node.body[0]
            yield (node.end_lineno or first.lineno) - first.lineno + 1


def classes(path: Path) -> Iterator[str]:
    """Names of the classes of a module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield node.name


def spread(numbers: Iterable[int]) -> str:
    """Median, 90th percentile and maximum."""
    ordered = sorted(numbers)
    quantiles = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.9)]
    return f"median {quantiles[0]}, p90 {quantiles[1]}, max {ordered[-1]}, of {len(ordered)}"


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "."))
