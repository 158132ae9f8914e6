"""Forms made from the acts' own parameters: what the Prefect UI shows, and how what was typed becomes an act's fields."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic import Field as FormField
from sqlmodel import Session

from flows.forms.choices import NOTHING, PAIRED, offered
from flows.forms.fields import FIELDS, Field, field_of
from flows.forms.labels import FORMS, LABELS
from flows.forms.schema import CHOICES, MANY, TODAY, plain_schema
from flows.steps.acts import ACTS
from flows.steps.errors import refuse

DEFAULT_TODAY = frozenset({"received_on"})


def parameters_of(act: str) -> list[inspect.Parameter]:
    """Return an act's own parameters, without session and actor."""
    return list(inspect.signature(ACTS[act]).parameters.values())[2:]


def form_of(act: str) -> type[BaseModel]:
    """Return the form of an act: flat, Chinese titles and help, in the act's own order; no unions, so that no page asks for a type."""
    fields: dict[str, Any] = {}
    for parameter in parameters_of(act):
        name, field = field_of(act, parameter.name)
        if name not in fields:
            fields[name] = _form_field(parameter, name, field, len(fields))
    config = ConfigDict(extra="forbid", json_schema_extra=plain_schema)
    return create_model(f"{act.title().replace('_', '')}Form", __config__=config, __doc__=FORMS[act].help, **fields)


def _form_field(parameter: inspect.Parameter, name: str, field: Field, position: int) -> tuple[Any, Any]:
    kind = list[str] if field.many else str if field.choices or field.read else _simple(parameter.annotation)
    required = parameter.default is inspect.Parameter.empty
    extra: dict[str, Any] = {"position": position}
    if field.choices:
        extra |= {CHOICES: field.choices, MANY: field.many}
    if name in DEFAULT_TODAY:
        extra[TODAY] = True
    default = ... if required else _blank(parameter.default, kind)
    info = FormField(
        default=default,
        title=field.title,
        description=_help(field) or None,
        examples=[field.example] if field.example else None,
        json_schema_extra=extra,
    )
    return (kind | None if default is None else kind), info


def _help(field: Field) -> str:
    """Return the help with its example: form pages do not show examples."""
    return "；".join(part for part in (field.help, f"例如：{field.example}" if field.example else "") if part)


def _simple(annotation: Any) -> Any:
    """Return the type of a field: a date, a number or a text."""
    plain = [one for one in get_args(annotation) if one is not type(None)] or [annotation]
    return plain[0] if plain[0] in (date, int, float, bool) else str


def _blank(default: Any, kind: Any) -> Any:
    """Return a default as a form shows it; None where the field is simply left empty."""
    return default or ([] if get_origin(kind) is list else None)


def checked(session: Session, act: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return an act's fields from what was typed on its form or behind its command; refused with every flaw by its Chinese title.

    A choice may be given as its label or as its code. What a drop-down offered and is gone meanwhile is refused by name.
    """
    if act not in ACTS:
        raise refuse(f"没有事项“{act}”", f"可用：{'、'.join(f'{k}（{v}）' for k, v in LABELS.items())}")
    filled: dict[str, Any] = {}
    flaws: list[str] = []
    for name, value in raw.items():
        try:
            filled |= dict(_filled(session, act, name, value))
        except ValueError as flaw:
            flaws.append(f"{_title(act, name)}：{flaw}")
    if not flaws:
        try:
            return _typed(act, filled)
        except ValidationError as error:
            flaws = [f"{_title(act, str(e['loc'][0]))}：{_in_chinese(e)}" for e in error.errors()]
    raise refuse(f"{LABELS[act]}填写有误：{'；'.join(flaws)}", "请核对后重新填写")


def _filled(session: Session, act: str, name: str, value: Any) -> Iterator[tuple[str, Any]]:
    try:
        _, field = field_of(act, name)
    except KeyError:
        raise ValueError("没有此项，请删除") from None
    if value is None or value == "":
        return
    merged = field.into and name not in {parameter.name for parameter in parameters_of(act)}
    if field.choices and isinstance(value, str | list) and (merged or not field.into):
        value = _chosen(session, field, value)
    elif field.read and isinstance(value, str):
        value = field.read(value)
    yield from zip(field.into, value, strict=True) if merged else ((name, value),)


def _chosen(session: Session, field: Field, value: str | list[Any]) -> Any:
    choices = offered(session, field.choices)
    by_code = {str(code): code for code in choices.values()}

    def one(text: Any) -> Any:
        if not isinstance(text, str):
            return tuple(text) if isinstance(text, list) else text
        if text in choices:
            return choices[text]
        if text in by_code:
            return by_code[text]
        if text == NOTHING:
            raise ValueError("没有可选的内容")
        if " " not in text and field.choices not in PAIRED:
            return text  # a bare code goes on to the act, which refuses it in better words
        raise ValueError(f"“{text}”已不在可选范围")

    return [one(text) for text in value] if field.many and isinstance(value, list) else one(value)


def _typed(act: str, filled: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for parameter in parameters_of(act):
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (_concrete(parameter.annotation), list(default) if isinstance(default, tuple) else default)
    model: type[BaseModel] = create_model("Typed", __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=True), **fields)
    typed = model.model_validate(dict(filled))
    return {name: getattr(typed, name) for name in fields}


def _concrete(annotation: Any) -> Any:
    """Use plain lists and dicts for abstract collections."""
    kind = get_origin(annotation)
    if kind is Sequence:
        inner = get_args(annotation)[0]
        return list if inner is Any else list[_concrete(inner)]  # type: ignore[misc]
    if kind is Mapping:
        key, value = get_args(annotation)
        return dict[key, value]  # type: ignore[valid-type]
    return annotation


def _title(act: str, name: str) -> str:
    try:
        return field_of(act, name)[1].title
    except KeyError:
        return FIELDS[name].title if name in FIELDS else name


IN_CHINESE = {
    "missing": "未填写",
    "extra_forbidden": "没有此项，请删除",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_parsing": "应为数字",
    "date_from_datetime_parsing": "应为日期，如 2026-11-30",
    "date_parsing": "应为日期，如 2026-11-30",
    "enum": "不在可选范围",
    "bool_parsing": "应为是或否",
}
OTHERWISE = "填写有误，请按该项说明改正"
"""For what pydantic would say in English."""


def _in_chinese(error: Any) -> str:
    told = IN_CHINESE.get(error["type"])
    return told if told and error["type"] == "missing" else f"{told or OTHERWISE}（读到“{str(error['input'])[:40]}”）"
