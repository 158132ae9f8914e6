"""Takes the files of one request: streamed to hidden files, judged one by one, given their names when the request is whole."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from notifications.local_page.folder import Folder
from notifications.local_page.guard import Guard, RefusedError
from notifications.local_page.multipart import Form, MalformedError, Part
from notifications.local_page.names import TYPES, flaw_of, is_taken, plain_name

FILE_MAX = 50 * 1024 * 1024
"""Bytes of one file; the same as the acts take."""
FILES_MAX = 50
REQUEST_MAX = 500 * 1024 * 1024
"""Bytes of one request."""
VALUE_MAX = 4096
TOKEN = "token"  # noqa: S105 - a field's name
FILES = "files"
ENDINGS = "、".join(TYPES)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not kept, and why."""

    name: str
    why: str
    status: HTTPStatus


@dataclass(slots=True)
class Outcome:
    """What became of the files of a request."""

    kept: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def check_length(lengths: list[str], encoding: str | None, most: int) -> int:
    """Return how many bytes follow; refused before a byte of them is read."""
    if encoding is not None or len(lengths) != 1 or not (lengths[0].isascii() and lengths[0].isdecimal()):
        raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "请求没有说明长度")
    if len(lengths[0]) > len(str(most)) or int(lengths[0]) > most:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"一次最多 {most // 1024 // 1024} MB，请分几次放入")
    return int(lengths[0])


def take(folder: Folder, guard: Guard, read: Callable[[], bytes], boundary: bytes) -> Outcome:
    """Keep the files of a form whose first field is the token; a request that breaks off keeps none."""
    outcome = Outcome()
    try:
        with ExitStack() as staging:
            parts = Form(read, boundary).parts()
            guard.check_token(_token(parts))
            staged = list(_staged(folder, staging, parts, outcome))
            outcome.kept += [folder.place(path, name) for path, name in staged]
    except MalformedError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "上传没有完成，一个文件都没有收下；请重新选择文件后再试") from error
    return outcome


def _token(parts: Iterator[Part]) -> str:
    first = next(parts, None)
    return _value(first) if first is not None and first.name == TOKEN else ""


def _value(part: Part) -> str:
    value = b""
    for piece in part.content:
        value += piece
        if len(value) > VALUE_MAX:
            raise MalformedError("value too long")
    return value.decode("utf-8", "replace")


def _staged(folder: Folder, staging: ExitStack, parts: Iterator[Part], outcome: Outcome) -> Iterator[tuple[Path, str]]:
    files = (part for part in parts if part.filename)  # with nothing chosen browsers send one part without a name
    for number, part in enumerate(files, 1):
        if number > FILES_MAX:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"一次最多 {FILES_MAX} 个文件，一个都没有收下；请分几次放入")
        name = plain_name(part.filename or "")
        if not is_taken(name):
            told = Refusal(name or "（无名）", f"不收这种文件；可放入 {ENDINGS}", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            outcome.refused.append(told)
            continue
        file, path = staging.enter_context(folder.staged())
        if refused := _written(file, path, part, name):
            outcome.refused.append(refused)
        else:
            yield path, name
        file.close()


def _written(file: BinaryIO, path: Path, part: Part, name: str) -> Refusal | None:
    size = 0
    for piece in part.content:
        size += len(piece)
        if size > FILE_MAX:
            return Refusal(name, f"超过 {FILE_MAX // 1024 // 1024} MB，请压缩或分开", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        file.write(piece)
    file.flush()
    os.fsync(file.fileno())
    flaw = flaw_of(path, Path(name).suffix)
    return Refusal(name, flaw, HTTPStatus.UNSUPPORTED_MEDIA_TYPE) if flaw else None
