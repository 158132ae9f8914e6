"""The sandbox in which the office's own templates run, letters and Word forms: nothing to reach, and bounds for what they cost.

Jinja's own sandbox keeps templates away from the machine, not from its time and memory: ten nested loops, a text that doubles forty
times or one padded to a billion characters pass it. Here every loop and macro spends from a budget and every text has a greatest length.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import date
from enum import Enum
from functools import cached_property, wraps
from itertools import islice
from typing import Any

from jinja2 import StrictUndefined, nodes, pass_context, pass_eval_context
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.filters import do_join
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro, markup_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from notifications.typeset import FILTERS

TEXT_MAX, ITEMS_MAX, NUMBER_MAX = 200_000, 2000, 1000
"""Characters of one text that a template makes, items of one list, and the greatest number that it may ask a width or a range of."""
SPENT_MAX, ROUND = 10_000_000, 250
"""What one template may spend, and the price of a round of a loop or a call of a macro, beside the characters that stand in it."""
KEPT = (
    "abs", "capitalize", "count", "d", "default", "e", "escape", "first", "format", "forceescape", "int", "items", "last", "length", "list",
    "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "striptags",
    "title", "trim", "truncate", "unique", "upper", "wordcount",
)  # fmt: skip
"""Filters of Jinja's own that templates may use as they are; ``join`` is bounded below, the others a letter does not need."""
TEXT_METHODS = frozenset((
    "partition", "rpartition", "removeprefix", "removesuffix", "startswith", "endswith", "strip", "lstrip", "rstrip", "split",
    "splitlines", "upper", "lower", "title", "count", "find", "isdigit", "isdecimal",
))  # fmt: skip
METHODS: dict[type, frozenset[str]] = {
    Enum: TEXT_METHODS | {"label", "value"}, str: TEXT_METHODS, bytes: frozenset(), int: frozenset(), float: frozenset(),
    date: frozenset(("year", "month", "day", "weekday", "isoweekday", "isoformat")),
    list: frozenset(("index", "count")), tuple: frozenset(("index", "count")), dict: frozenset(("get", "items", "keys", "values")),
}  # fmt: skip
"""What templates may ask of plain values: nothing that pads, formats or repeats."""
_WIDE = re.compile(r"%[^a-zA-Z%]*(\d{4}|\*)")
OWN: Mapping[str, Any] = FILTERS
SPEND = "spend of the budget"
"""The filter that loops and macros go through; no template can write a name with blanks."""
_spent: ContextVar[int] = ContextVar("spent", default=0)


class CostError(ValueError):
    """A template costs too much; the Chinese message says what of it."""


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of letters and forms; call ``renew`` before each template that is filled."""

    intercepted_binops = frozenset(("*", "**", "%", "+"))

    def __init__(self, **options: Any) -> None:
        """Take Jinja's options; strict about what is missing."""
        super().__init__(undefined=StrictUndefined, **options)
        self.globals = {"range": _range, "namespace": self.globals["namespace"], "dict": dict}
        self.filters = {name: _bounded(JINJA_FILTERS[name]) for name in KEPT} | {name: _bounded(OWN[name]) for name in OWN}
        self.filters |= {"join": _join, SPEND: _spend}

    def renew(self) -> None:
        """Begin with a full budget."""
        _spent.set(0)

    def joined(self, *parts: Any) -> Any:
        """Return what ``~`` makes of its parts."""
        return _checked(markup_join(parts))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute; what is known to be safe is read at once, for letters ask for hundreds. No method that formats is safe."""
        if self._known.get((type(obj), attribute)):
            with suppress(AttributeError):
                return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may read an attribute: a matter of the object's type alone, asked for every name of every letter."""
        key = type(obj), attr
        if key not in self._known:
            own = next((names for kind, names in METHODS.items() if isinstance(obj, kind)), None)
            self._known[key] = super().is_safe_attribute(obj, attr, value) and (own is None or attr in own)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple[type, str], bool]:
        return {}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Add, within bounds; nothing else is let through."""
        if operator != "+":
            msg = f"模板中不能使用运算符 {operator}"
            raise TypeError(msg)
        return _checked(super().call_binop(context, operator, left, right))

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call what is safe, and look at what comes of it: macros give texts."""
        if type(obj) is Macro:  # compiled in this sandbox: there is nothing to ask about it, and letters consist of them
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return _checked(obj(context.eval_ctx, *args, **kwargs))
        return _checked(super().call(context, obj, *args, **kwargs))

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        _Metered(self).visit(source)
        return super()._generate(source, *args, **kwargs)


class _Metered(NodeTransformer):
    """Lets every loop and macro spend, and every ``~`` be looked at."""

    def __init__(self, environment: Sandbox) -> None:
        self._environment = environment

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's name
        return self._metered(node)

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802
        return self._metered(node)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802
        return self._metered(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        joined = nodes.Call(nodes.EnvironmentAttribute("joined"), node.nodes, [], None, None)
        return self._placed(joined, node.lineno)

    def _metered(self, node: Any) -> nodes.Node:
        cost = ROUND + sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        self.generic_visit(node)
        spending = nodes.Filter(nodes.Const(cost), SPEND, [], [], None, None)  # a filter is called without asking the sandbox
        node.body.insert(0, nodes.ExprStmt(self._placed(spending, node.lineno), lineno=node.lineno))
        return node  # type: ignore[no-any-return]

    def _placed(self, made: nodes.Expr, line: int) -> nodes.Expr:
        made.set_lineno(line)
        made.set_environment(self._environment)
        return made


@pass_context  # else the compiler would call it once and keep the result
def _spend(_: Context, cost: int) -> None:
    """Count a round of a loop or a call of a macro."""
    spent = _spent.get() + cost
    _spent.set(spent)
    if spent > SPENT_MAX:
        msg = "循环过多或模板调用了自己"
        raise CostError(msg)


def _checked(value: Any) -> Any:
    if isinstance(value, str) and len(value) > TEXT_MAX:
        msg = f"内容超过 {TEXT_MAX // 1000} KB"
        raise CostError(msg)
    if isinstance(value, list | tuple) and len(value) > ITEMS_MAX:
        msg = f"列表超过 {ITEMS_MAX} 项"
        raise CostError(msg)
    return value


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that is given no great numbers and no wide formats, and whose result is looked at."""
    formats = function is JINJA_FILTERS["format"]

    @wraps(function)  # with the mark by which Jinja knows what to pass first
    def bounded(*args: Any, **kwargs: Any) -> Any:
        for given in args[1:]:
            _check_number(given)
        for given in kwargs.values():
            _check_number(given)
        if formats and _WIDE.search(str(args[0])):
            msg = "格式过宽"
            raise CostError(msg)
        return _checked(function(*args, **kwargs))

    return bounded


def _check_number(given: Any) -> None:
    if isinstance(given, int) and abs(given) > NUMBER_MAX:
        msg = f"数字 {NUMBER_MAX} 以上不能用作宽度或次数"
        raise CostError(msg)


def _range(*bounds: int) -> range:
    for bound in bounds:
        _check_number(bound)
    return range(*bounds)


@pass_eval_context
def _join(context: EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    """Join as Jinja does, after a look at how long it will be."""
    items = list(islice(value, ITEMS_MAX + 1))
    _checked(items)
    if attribute is None and sum(len(str(item)) for item in items) + len(str(d)) * len(items) > TEXT_MAX:
        msg = f"内容超过 {TEXT_MAX // 1000} KB"
        raise CostError(msg)
    joined: str = do_join(context, items, d, attribute)
    return joined
