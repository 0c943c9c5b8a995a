"""What the sources say of themselves: which function calls which, followed through imports and packages."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Source:
    """One module: its name, its tree, and what the names in it mean elsewhere."""

    name: str
    path: Path
    tree: ast.Module
    means: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Source":
        parts = path.relative_to(ROOT).with_suffix("").parts
        tree = ast.parse(path.read_text())
        source = cls(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path, tree)
        source.means = {f"{one.name}": f"{source.name}.{one.name}" for one in tree.body if isinstance(one, Function)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                source.means |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        return source

    @property
    def functions(self) -> list[Function]:
        """Those at the top of the module."""
        return [node for node in self.tree.body if isinstance(node, Function)]

    def meaning(self, node: ast.AST) -> str | None:
        """The full name behind ``name`` or ``module.name``; None for what is neither."""
        if isinstance(node, ast.Name):
            return self.means.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in self.means:
            return f"{self.means[node.value.id]}.{node.attr}"
        return None

    def named_in(self, tree: ast.AST) -> Iterator[str]:
        """Everything that is read below a node, by its full name."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Name | ast.Attribute) and (found := self.meaning(node)):
                yield found


class Sources:
    """All modules below a folder."""

    def __init__(self, folder: Path = ROOT / "saas") -> None:
        read = [Source.read(path) for path in sorted(folder.rglob("*.py"))]
        self.by_name = {source.name: source for source in read}

    def home(self, name: str) -> str:
        """Where something is made that a package may only pass on."""
        package, _, last = name.rpartition(".")
        source = self.by_name.get(package)
        passed_on = source.means.get(last) if source else None
        return name if passed_on in (None, name) else self.home(passed_on)

    @cached_property
    def called(self) -> dict[str, set[str]]:
        """For each function at the top of a module: the full names of what it reads, calls among them."""
        return {
            f"{source.name}.{function.name}": {self.home(name) for name in source.named_in(function)}
            for source in self.by_name.values()
            for function in source.functions
        }

    def leading_to(self, *names: str) -> set[str]:
        """The functions from which one of these is reached, itself included."""
        found = set(names)
        while more := {caller for caller, called in self.called.items() if called & found} - found:
            found |= more
        return found
