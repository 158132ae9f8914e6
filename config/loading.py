"""Reading programme and cohort files strictly: what is wrong is named with file, row and remedy, and nothing is half-read."""

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from config.cohort import CohortFile, Plan
from config.programme import Programme

FOLDER = Path(__file__).parent
SIZE_MAX = 256 * 1024
"""Bytes; a programme file is a few dozen kilobytes."""
DEPTH_MAX, FLAWS_MAX = 30, 50
"""Levels of a file, and flaws of it that are told at once."""


class PlanError(ValueError):
    """A programme or cohort file is refused; the message lists every flaw with file, row and remedy."""


class Clause(BaseModel):
    """A clause of the notice (or of the office's practice, ``P.*``) with the requirements it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str
    requirements: tuple[str, ...] = ()


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML without aliases, tags, duplicate keys or keys that are not text."""

    def __init__(self, stream: str) -> None:
        """Begin at the first level."""
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: a few hundred bytes of them unfold to millions of values; and levels that no person writes."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.events.AliasEvent) or getattr(event, "anchor", None):
            raise _at(event.start_mark, "不允许使用锚点（&）和别名（*）", "请把内容写全")
        if getattr(event, "tag", None):
            raise _at(event.start_mark, f"不允许使用标签 {_named(event.tag)}", "请删除")
        if self._depth == DEPTH_MAX:
            raise _at(event.start_mark, f"多于 {DEPTH_MAX} 层", "请核对括号和缩进")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Refuse what looks like a day or a number and is none, such as 2025-02-30."""
        try:
            return super().construct_object(node, deep=deep)
        except PlanError:
            raise
        except (ValueError, OverflowError):
            raise _at(node.start_mark, f"{_short(node.value)} 不是存在的日期或数", "请改正，是文字的请加引号") from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse duplicate keys and keys such as ``on`` that YAML reads as a truth value."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _at(key_node.start_mark, f"键 {_short(key)} 不是文字", '请加引号，如 "on"')
            if key in seen:
                raise _at(key_node.start_mark, f"键 {_named(key)} 重复", "请删除其中一处")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _at(mark: Any, flaw: str, remedy: str) -> PlanError:
    return PlanError(f"第 {mark.line + 1} 行：{flaw}；{remedy}")


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file; raises PlanError."""
    if not path.is_file():
        msg = f"{path}：没有这个文件；请核对文件名"
        raise PlanError(msg)
    if path.stat().st_size > SIZE_MAX:
        msg = f"{path.name}：超过 {SIZE_MAX // 1024} KB；方案文件不会这么大，请核对"
        raise PlanError(msg)
    try:
        return _content(path.read_text(encoding="utf-8"))
    except (PlanError, OSError, UnicodeDecodeError) as error:
        told = str(error) if isinstance(error, PlanError) else "读不到，或不是 UTF-8 编码；请核对文件，另存为 UTF-8"
        msg = f"{path.name}：{told}"
        raise PlanError(msg) from None


def _content(text: str) -> Any:
    """Return what a text says; raises PlanError with the line."""
    try:
        loader = _StrictLoader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise PlanError(f"第 {line} 行：含有不允许的字符；请删除控制字符") from None
    try:
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        raise _at(error.problem_mark or error.context_mark, f"不是正确的 YAML（{error.problem or error.context}）", REMEDY) from None
    except PlanError:
        raise
    except ValueError:  # an escape such as "\U00110000"
        raise _at(loader.get_mark(), "含有无法识别的转义", REMEDY) from None
    finally:
        loader.dispose()


REMEDY = "请核对缩进、冒号、括号和引号"


_Model = TypeVar("_Model", bound=BaseModel)


def validated(model: type[_Model], raw: Any, name: str) -> _Model:
    """Return a file's content as its model; raises PlanError with every flaw by file, row and remedy."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise PlanError("\n".join(_explain(name, raw, error))) from None


def _explain(name: str, raw: Any, error: ValidationError) -> Iterable[str]:
    flaws = error.errors()
    for flaw in flaws[:FLAWS_MAX]:
        where, given = _where(raw, flaw["loc"]), _short(flaw.get("input"))
        remedies = {
            "missing": "缺少此项；请补充",
            "extra_forbidden": "没有此项；请核对拼写或删除",
            "enum": f"读到 {given}，不在可用值之中（{flaw.get('ctx', {}).get('expected', '')}）；请改正",
        }
        expected = next((told for kind, told in EXPECTED.items() if flaw["type"].startswith(kind)), "")
        text = remedies.get(flaw["type"]) or f"{expected or flaw['msg'].removeprefix('Value error, ')}（读到 {given}）；请改正"
        yield f"{name} → {where}：{text}"
    if len(flaws) > FLAWS_MAX:
        yield f"{name}：另有 {len(flaws) - FLAWS_MAX} 处，改正以上各处后再试"


EXPECTED: Mapping[str, str] = {
    "date": "应为日期，如 2025-11-04", "int": "应为整数", "float": "应为数", "finite": "应为数", "bool": "应为 true 或 false",
    "string_type": "应为文字", "string_pattern": "应为小写字母、数字和下划线组成的代码，以字母开头", "string_too": "文字过短或过长",
    "list_type": "应为列表", "tuple_type": "应为列表", "model_": "应为一组“名称: 值”", "dict_type": "应为一组“名称: 值”",
}  # fmt: skip
"""How the type of a flaw begins → what was expected; the rules of our own say so themselves."""


def _short(value: Any) -> str:
    text = repr(value[:60] if isinstance(value, str | list) else value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - a line on the screen


def _where(raw: Any, location: tuple[int | str, ...]) -> str:
    """Name a row by its own key where it has one: ``ladders[standard].rungs[3].offset``."""
    text, node = "", raw
    for part in location:
        if isinstance(part, int):
            node = node[part] if isinstance(node, list) and part < len(node) else None
            label = node.get("key") or node.get("deliverable") or node.get("kind") if isinstance(node, dict) else None
            text += f"[{_named(label) or part + 1}]"
        else:
            node = node.get(part) if isinstance(node, dict) else None
            text += f".{_named(part)}" if text else _named(part)
    return text or "文件"


def _named(label: Any) -> str:
    return str(label)[:40] if isinstance(label, str | int) else ""


def load_programme(path: Path) -> Programme:
    """Return a programme file; raises PlanError."""
    programme = validated(Programme, read_yaml(path), path.name)
    _check_clauses(programme.model_dump(), path.name)
    return programme


def load_plan(cohort: str | Path) -> Plan:
    """Return a cohort (by code, or by the path of its file) with its programme; raises PlanError."""
    path = cohort if isinstance(cohort, Path) else FOLDER / "cohorts" / f"{cohort}.yaml"
    raw = read_yaml(path)
    file = validated(CohortFile, raw, path.name)
    _check_clauses(file.model_dump(), path.name)
    beside = path.parent.parent / "programmes" / f"{file.programme}.yaml"
    programme = load_programme(beside if beside.is_file() else FOLDER / "programmes" / f"{file.programme}.yaml")
    return validated(Plan, {"programme": programme, "cohort": file}, path.name)


def content_hash(plan: Plan) -> str:
    """Return the SHA-256 of a plan's content, whatever the layout of its files."""
    return hashlib.sha256(plan.model_dump_json().encode()).hexdigest()


@lru_cache(maxsize=1)
def clauses() -> Mapping[str, Clause]:
    """Return every clause that rows may cite."""
    raw = read_yaml(FOLDER / "clauses.yaml")
    return {key: Clause.model_validate(value) for key, value in raw.items()}


def _check_clauses(node: Any, name: str, where: str = "") -> None:
    if isinstance(node, Mapping):
        clause = node.get("clause")
        if clause is not None and clause not in clauses():
            msg = f"{name} → {where or '文件'}：没有条款 {_short(clause)}；可用条款见 config/clauses.yaml"
            raise PlanError(msg)
        for key, value in node.items():
            _check_clauses(value, name, f"{where}.{_named(key)}" if where else _named(key))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            label = value.get("key", index + 1) if isinstance(value, Mapping) else index + 1
            _check_clauses(value, name, f"{where}[{_named(label)}]")
