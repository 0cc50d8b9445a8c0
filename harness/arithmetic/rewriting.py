"""Code in which every operation on numbers goes through :class:`~.operations.Operations`.

The file of a function is parsed, its operators, calls, stores and written numbers are replaced by calls, and the code
objects of its functions are paired with those of the unchanged file. So closures, methods, lambdas and recursion are
reached, and no object changes its type: a float stays a float. Nothing is put into the module: the object that
receives the calls is a constant of the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from types import CodeType
from typing import Any

from .noise import is_binary

_HERE = "operations of lemmata"
_NAMES = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
_FRAMES = frozenset({"super", "locals", "globals", "vars", "dir", "eval", "exec", "breakpoint", "__import__"})
"""Functions that look at who calls them."""
_CONSTANTS = frozenset({"pi", "e", "tau", "euler_gamma"})
_SITES = count()


class Rewritten:
    """The code of a file, and what takes its place."""

    def __init__(self, filename: str, source: str, receiver: Any) -> None:
        tree = ast.parse(source)
        plain = compile(tree, filename, "exec", dont_inherit=True)
        tree = ast.fix_missing_locations(_Rewriter().visit(ast.parse(source)))
        changed = compile(tree, filename, "exec", dont_inherit=True)
        before, after = list(_codes(plain)), [_received(code, receiver) for code in _codes(changed)]
        if [code.co_qualname for code in before] != [code.co_qualname for code in after]:
            raise SyntaxError(f"{filename} cannot be rewritten")
        self._by_code = dict(zip(before, after, strict=True))
        self._by_place: dict[Any, CodeType | None] = {}
        for old, new in self._by_code.items():
            # Two lambdas in a line are told apart by their code alone.
            self._by_place[_place(old)] = None if _place(old) in self._by_place else new

    def code_for(self, code: CodeType) -> CodeType | None:
        """What takes the place of a function's code; None where the file has changed since it was imported."""
        # pytest rewrites the assertions of test files, so that their code is not that of the file.
        found = self._by_code.get(code) or self._by_place.get(_place(code))
        return found if found is not None and found.co_freevars == code.co_freevars else None


@lru_cache(maxsize=512)
def rewritten(filename: str, lines: tuple[str, ...], receiver: Any) -> Rewritten | None:
    """A file, rewritten; None where it is no source."""
    try:
        return Rewritten(filename, "".join(lines), receiver) if lines else None
    except (SyntaxError, ValueError, RecursionError):
        return None


def _codes(code: CodeType) -> Iterator[CodeType]:
    """All code objects in one, in the order of the source."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _received(code: CodeType, receiver: Any) -> CodeType:
    def put(constant: Any) -> Any:
        if isinstance(constant, CodeType):
            return _received(constant, receiver)
        return receiver if isinstance(constant, str) and constant == _HERE else constant

    return code.replace(co_consts=tuple(map(put, code.co_consts)))


def _place(code: CodeType) -> tuple[str, int, tuple[str, ...]]:
    return code.co_qualname, code.co_firstlineno, code.co_varnames[: code.co_argcount]


def _call(method: str, *arguments: ast.expr, keywords: list[ast.keyword] | None = None) -> ast.Call:
    return ast.Call(ast.Attribute(ast.Constant(_HERE), method, ast.Load()), list(arguments), keywords or [])


def _site() -> ast.Constant:
    return ast.Constant(next(_SITES))


class _Rewriter(ast.NodeTransformer):
    """Puts a call in the place of each operation; evaluates everything once and in Python's order."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """``a + b`` by ``add(a, b)``."""
        self.generic_visit(node)
        name = _NAMES.get(type(node.op))
        return _call("binary", _site(), ast.Constant(name), node.left, node.right) if name else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """``f(x)`` by ``call(f, x)``."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _FRAMES:
            return node
        return _call("call", _site(), node.func, *node.args, keywords=node.keywords)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """``0.1`` by a number that may be off by an ulp."""
        parts = (node.value.imag,) if isinstance(node.value, complex) else (node.value,)
        if not isinstance(parts[0], float) or is_binary(parts[0]):
            return node
        return _call("constant", node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """``np.pi``, which is written down somewhere else."""
        self.generic_visit(node)
        return _call("constant", node) if isinstance(node.ctx, ast.Load) and node.attr in _CONSTANTS else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """``a < b``, which may be decided by rounding."""
        self.generic_visit(node)
        if any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops):
            return node
        if len(node.ops) > 1:
            return _call("decided", node)
        return _call("compared", ast.Constant(_COMPARISONS[type(node.ops[0])]), node.left, node.comparators[0])

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt] | ast.stmt:
        """``a[i] += b`` by ``a[i] = inplace(a[i], b)``."""
        name = _NAMES.get(type(node.op))
        value = self.visit(node.value)
        if name is None:
            node.value = value
            return node
        before, load, store = self._held(node.target)
        result = _call("inplace", _site(), ast.Constant(name), load, value)
        return [*before, *self._stored(store, result)]

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt] | ast.stmt:
        """``a[i] = b``: a store that may lose bits."""
        value = self.visit(node.value)
        targets = [self.visit(target) for target in node.targets]
        if not any(isinstance(part, ast.Subscript) for target in targets for part in _parts(target)):
            return ast.Assign(targets, value)
        if len(targets) == 1:
            return self._stored(targets[0], value)
        keep, use = self._temporary()
        return [ast.Assign([keep], value), *(s for target in targets for s in self._stored(target, use))]

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        """Patterns are no expressions."""
        node.guard = self.visit(node.guard) if node.guard else None
        node.body = [part for statement in node.body for part in _listed(self.visit(statement))]
        return node

    def _stored(self, target: ast.expr, value: ast.expr) -> list[ast.stmt]:
        """Statements that store a value; those of a tuple one after another, as Python does."""
        if isinstance(target, ast.Subscript):
            return [ast.Expr(_call("store", value, target.value, _key(target.slice)))]
        if not isinstance(target, ast.Tuple | ast.List) or not any(
            isinstance(p, ast.Subscript) for p in _parts(target)
        ):
            return [ast.Assign([target], value)]
        held, later = [], []
        for part in target.elts:
            keep, use = self._temporary()
            starred = isinstance(part, ast.Starred)
            held.append(ast.Starred(keep, ast.Store()) if starred else keep)
            later += self._stored(part.value if isinstance(part, ast.Starred) else part, use)
        return [ast.Assign([ast.Tuple(held, ast.Store())], value), *later]

    def _held(self, target: ast.expr) -> tuple[list[ast.stmt], ast.expr, ast.expr]:
        """Statements that evaluate the parts of a target once, and the target to load and to store."""
        if isinstance(target, ast.Attribute):
            keep, use = self._temporary()
            before: list[ast.stmt] = [ast.Assign([keep], self.visit(target.value))]
            return before, ast.Attribute(use, target.attr, ast.Load()), ast.Attribute(use, target.attr, ast.Store())
        if isinstance(target, ast.Subscript):
            (keep, use), (keep_key, key) = self._temporary(), self._temporary()
            before = [
                ast.Assign([keep], self.visit(target.value)),
                ast.Assign([keep_key], _key(self.visit(target.slice))),
            ]
            return before, ast.Subscript(use, key, ast.Load()), ast.Subscript(use, key, ast.Store())
        assert isinstance(target, ast.Name)
        return [], ast.Name(target.id, ast.Load()), target

    def _temporary(self) -> tuple[ast.expr, ast.expr]:
        name = f"_held_{next(_SITES)}"
        return ast.Name(name, ast.Store()), ast.Name(name, ast.Load())


def _parts(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _parts(part)
    elif isinstance(target, ast.Starred):
        yield from _parts(target.value)
    else:
        yield target


def _key(index: ast.expr) -> ast.expr:
    """An index as a value of its own, slices included."""
    return ast.Subscript(ast.Attribute(ast.Constant(_HERE), "key", ast.Load()), index, ast.Load())


def _listed(statements: Any) -> list[Any]:
    return statements if isinstance(statements, list) else [statements]
