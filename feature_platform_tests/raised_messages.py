"""The messages of the product's errors as templates, read from its code: `…` stands for what is only known then."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import feature_platform

PACKAGE = Path(feature_platform.__file__).parent
HOLE = "…"
FAMILY = "FeaturePlatformError"
BESIDE = {"ValueError", "Failure"}
"""Rules of descriptions, which a SourceError lists, and what Dagster shows of a failed step."""
PLACE = {"SeriesError": 1, "RefusedError": 1, "CalculatorError": 3}
"""Where the message is not the first argument, or none is."""


@dataclass(frozen=True)
class Raised:
    """One message, and where it is written."""

    place: str
    template: str


@cache
def raised_messages() -> list[Raised]:
    """All messages that the package gives errors, in the order of its files."""
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.rglob("*.py"))}
    names = _family(trees.values()) | BESIDE
    return [
        Raised(f"{file.relative_to(PACKAGE.parent).as_posix()}:{node.lineno}", _tidy(template))
        for file, tree in trees.items()
        for node in ast.walk(tree)
        for message in _message(node, names)
        for template in _templates(message)
    ]


def _message(node: ast.AST, names: set[str]) -> Iterator[ast.expr]:
    """What an error is told, where it is made, or where its class makes a text of what it is told."""
    if isinstance(node, ast.ClassDef) and node.name in names:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__":
                yield from (argument for argument in call.args if isinstance(argument, ast.JoinedStr))
    elif isinstance(node, ast.Call) and _name(node.func) in names:
        yield from node.args[PLACE.get(_name(node.func), 0) :][:1]


def _family(trees: Iterable[ast.Module]) -> set[str]:
    classes = {
        node.name: {_name(base) for base in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    family = {FAMILY}
    while more := {name for name, bases in classes.items() if bases & family} - family:
        family |= more
    return family


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _templates(node: ast.expr) -> list[str]:
    """Each text that an expression may come to."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in parts)]
        case ast.BinOp(left=left, right=right):
            return [one + other for one in _templates(left) for other in _templates(right)]
        case ast.IfExp(body=one, orelse=other):
            return [*_templates(one), *_templates(other)]
    return [HOLE]


def _tidy(text: str) -> str:
    """Without what Markdown would read as its own, and holes side by side as one."""
    return re.sub(rf"{HOLE}+", HOLE, " ".join(text.replace("`", "").split()))
