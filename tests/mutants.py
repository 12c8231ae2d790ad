"""Mutants of a source: each differs in one operator, number, condition, statement, argument or answer."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


@dataclass(frozen=True)
class Mutant:
    """One change of a source.

    Attributes:
        line: where it is, from 1 on.
        before: the statement or expression as it is.
        after: as it is in the mutant.
        tree: syntax tree of the whole mutant.
    """

    line: int
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.line}: {self.before} -> {self.after}"


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a source, in the order of its lines.

    Left alone are annotations, docstrings, texts, what an error says, and what stands in a class itself.
    """
    tree = ast.parse(source)
    changed = copy.deepcopy(tree)
    for place in _places(changed):
        node = place.node
        for after in _changes(node):
            ast.copy_location(after, node)
            for inner in ast.walk(after):
                if not hasattr(inner, "lineno"):
                    ast.copy_location(inner, node)
            place.put(after)
            yield Mutant(node.lineno, ast.unparse(node), ast.unparse(after), copy.deepcopy(changed))
            place.put(node)


@dataclass
class _Place:
    parent: ast.AST
    field: str
    index: int | None
    node: ast.expr | ast.stmt

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


UNREAD = {"annotation", "returns", "decorator_list", "bases", "keywords", "type_params"}


def _places(node: ast.AST, in_class: bool = False) -> Iterator[_Place]:
    """Yield the places of expressions and statements that may be changed."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.Module):
        # What a call has made is held by others, and cannot be put in its place again.
        for child in node.body:
            own = isinstance(child, ast.FunctionDef | ast.ClassDef) or not _calls(child)
            lambdas = (inner for inner in ast.walk(child) if isinstance(inner, ast.Lambda))
            for inner in [child] if own else lambdas:
                yield from _places(inner, isinstance(inner, ast.ClassDef))
        return
    yield from _places_in(node, in_class)


def _calls(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Call) for inner in ast.walk(node))


def _places_in(node: ast.AST, in_class: bool = False) -> Iterator[_Place]:
    holds = isinstance(node, ast.FunctionDef | ast.ClassDef)
    for field, value in ast.iter_fields(node):
        if field in UNREAD and (holds or field != "keywords"):
            continue
        if field == "args" and holds:
            continue
        many = isinstance(value, list)
        for index, child in enumerate(value if many else [value]):
            if not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if in_class and not isinstance(child, ast.FunctionDef | ast.ClassDef):
                continue
            if isinstance(child, ast.expr | ast.stmt) and not isinstance(child, ast.FunctionDef):
                yield _Place(node, field, index if many else None, child)
            yield from _places(child, isinstance(child, ast.ClassDef))


def _changes(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield what may stand in the place of a node."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in COMPARISONS[type(operator)]:
                operators = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                yield ast.Compare(node.left, operators, node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield copy.copy(node.operand)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node, ast.Call) and len(node.args) > 1 and not _may_be_swapped(node):
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.If | ast.While) and not isinstance(node.test, ast.Compare):
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Break | ast.Continue):
        yield ast.Pass()


def _may_be_swapped(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in ("min", "max", "minimum", "maximum") or any(
        isinstance(argument, ast.Starred) for argument in call.args[:2]
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def changed_functions(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the outermost functions in which the code of a module differs, as pairs."""
    for one, other in zip(_inner(before), _inner(after), strict=True):
        if one.co_flags & 0x2:  # a function, and no body of a class
            if one != other:
                yield one, other
        else:
            yield from changed_functions(one, other)


def _inner(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def place_of(code: CodeType) -> tuple[str, int, int | None]:
    """Return what tells a function of a file from all others: its name, its line and its first column."""
    columns = [column for line, _, column, _ in code.co_positions() if column]
    return code.co_qualname, code.co_firstlineno, min(columns, default=None)
