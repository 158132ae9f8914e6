"""Filling a Word document from plain values: sandboxed, strict, escaped; the office's own form goes before the shipped one."""

import json
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from docx.opc.exceptions import PackageNotFoundError
from docxtpl.template import DocxTemplate
from jinja2 import TemplateError

from config.vocabulary import DocumentKind
from models.imports.package import FORMS, PackageError, inspect
from notifications.papers.word.drafts import fields_of, shipped
from notifications.papers.word.fault import FormError
from notifications.papers.word.package import packed
from notifications.sandbox import Sandbox
from notifications.typeset import clean


def own_form(folder: Path, kind: DocumentKind) -> Path:
    """Return where the office's own form of a kind lies, whether it is there or not."""
    return folder / f"{kind.label}.docx"


def form_of(folder: Path, kind: DocumentKind) -> bytes:
    """Return the form of a kind: the office's own, checked, or the shipped one."""
    path = own_form(folder, kind)
    if not path.exists():
        return shipped(kind)
    found = path.stat()
    return _own_form(kind, path, found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=32)
def _own_form(kind: DocumentKind, path: Path, *_stamp: int) -> bytes:
    """Return the office's own form, checked once for as long as the file stays as it is; a fault is found anew each time."""
    form = path.read_bytes()
    check_form(kind, form, path.name)
    return form


def check_form(kind: DocumentKind, form: bytes, name: str) -> None:
    """Raise FormError where a form is no Word document, carries macros or uses fields that nothing fills."""
    _check_package(form, name)
    try:
        used = DocxTemplate(BytesIO(form)).get_undeclared_template_variables(_environment())
    except (TemplateError, PackageNotFoundError, KeyError, ValueError, RecursionError) as fault:
        msg = f"文书模板“{name}”无法读取：{fault}；请检查花括号是否成对、是否在同一段内"
        raise FormError(msg) from None
    known = fields_of(kind)
    if unknown := sorted(used - known.keys()):
        msg = f"文书模板“{name}”中有未知字段：{'、'.join(unknown)}；可用字段：{'、'.join(known)}"
        raise FormError(msg)


def _check_package(form: bytes, name: str) -> None:
    try:
        inspect(BytesIO(form), FORMS)
    except PackageError as refusal:
        msg = f"文书模板“{name}”{refusal}"
        raise FormError(msg) from None


def fill(form: bytes, values: Mapping[str, Any]) -> bytes:
    """Return a form with its fields filled in; values are plain text, numbers, and lists or mappings of them.

    Equal forms and values give equal bytes, today and on every retry; what was made lately is not made again.
    """
    return _filled(form, json.dumps(_cleaned(values), ensure_ascii=False, sort_keys=True))


KEPT_MAX = 400
"""Documents kept in memory, some 10 KB each: a mail that was put off is written again, and a rehearsal writes what the post wrote."""


@lru_cache(maxsize=KEPT_MAX)
def _filled(form: bytes, values: str) -> bytes:
    template = DocxTemplate(BytesIO(form))
    sink = BytesIO()
    try:
        template.render(json.loads(values), jinja_env=_environment(), autoescape=True)
        template.save(sink)
    except Exception as fault:  # noqa: BLE001 - a form of the office's own can raise anything
        msg = f"文书无法生成：{fault}；请检查模板"
        raise FormError(msg) from None
    return packed(sink.getvalue())


def _cleaned(value: Any) -> Any:
    """Return values without characters that a document cannot hold."""
    if isinstance(value, Mapping):
        return {name: _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(inner) for inner in value]
    return clean(value) if isinstance(value, str) else value


def _environment() -> Sandbox:
    environment = Sandbox(autoescape=True)
    environment.renew()
    return environment
