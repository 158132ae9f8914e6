"""Rendering letters: sandboxed, strict, escaped, bounded; the office's own wording goes before the shipped one."""

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import BaseLoader, BytecodeCache, Environment, Template, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError
from jinja2.loaders import split_template_path

from config.vocabulary import MailKind
from notifications.catalogue import CATALOGUE, LetterFaultError, context
from notifications.letter import ROWS_MAX, Letter, Rendered
from notifications.samples import variants
from notifications.sandbox import Sandbox
from notifications.typeset import clean

SHIPPED = Path(__file__).parent / "templates"
FILES = ("subject.txt", "body.txt", "body.html")
SUBJECT_MAX = 120
BODY_MAX = 200_000
"""Bytes of one part of a letter."""
_TAG = re.compile(r"^【.+?】")
_NAMED = re.compile("'([^']+)'")


class TemplateFaultError(ValueError):
    """A template cannot be rendered; the Chinese message names file and line."""


class _Layers(BaseLoader):
    """Templates from the first folder that has the file; one that comes, changes or goes is noticed at the next letter.

    Jinja's own ChoiceLoader asks only whether the file it once found has changed: a process that runs for weeks would
    never see an own wording put before a shipped one.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text, its path, and how to ask whether it still stands."""
        del environment
        stamp = self._stamp(split_template_path(template))
        if stamp is None:
            raise TemplateNotFound(template)
        # utf-8-sig: an editor on the office's machine may put a mark before the first character
        source = Path(stamp[0]).read_text(encoding="utf-8-sig")
        return source, stamp[0], lambda: self._stamp(split_template_path(template)) == stamp

    def _stamp(self, parts: Sequence[str]) -> tuple[str, int, int, int] | None:
        for folder in self._folders:
            path = os.path.join(folder, *parts)  # noqa: PTH118 - asked six times for every letter, and a Path costs more than the question
            with suppress(OSError):
                found = os.stat(path)  # noqa: PTH116
                if stat.S_ISREG(found.st_mode):
                    return path, found.st_ino, found.st_mtime_ns, found.st_size
        return None


class _Compiled(BytecodeCache):
    """Compiled templates of this process: a save tries all letters with a renderer of its own, and most are as they were."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket that is known; Jinja drops it when its source has changed."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a bucket."""
        if len(self._kept) >= COMPILED_MAX:
            self._kept.clear()
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED_MAX = 500
_COMPILED = {True: _Compiled(), False: _Compiled()}
"""By whether the code escapes: it is compiled in."""


class Renderer:
    """Renders every kind of letter; a file in an ``own`` folder goes before the shipped one of the same path, the first folder first."""

    def __init__(self, *own: Path | None) -> None:
        """Set up the two environments: HTML escapes, text does not."""
        folders = [folder for folder in (*own, SHIPPED) if folder is not None]
        self._html = _environment(folders, autoescape=True)
        self._text = _environment(folders, autoescape=False)

    def render(self, letter: Letter) -> Rendered:
        """Return subject, text and HTML of a letter; raises LetterFaultError (content) or TemplateFaultError (wording)."""
        safe: Letter = clean(letter)
        given = {"letter": safe, "office": safe.office, **context(safe)}
        folder = CATALOGUE[letter.kind].folder
        subject = _checked_subject(_fill(self._text, f"{folder}/subject.txt", given), folder)
        given["title"] = _TAG.sub("", subject)
        text = _tidy(_fill(self._text, f"{folder}/body.txt", given), blank_lines=2)
        html = _tidy(_fill(self._html, f"{folder}/body.html", given), blank_lines=0)
        return Rendered(subject, text, html)

    def check(self) -> tuple[str, ...]:
        """Render every sample of every kind and return what is broken; used before a changed template is accepted."""
        faults: dict[str, None] = {}
        for kind in MailKind:
            for letter in variants(kind):
                try:
                    self.render(letter)
                except (TemplateFaultError, LetterFaultError) as fault:
                    faults[str(fault)] = None
        return tuple(faults)


@lru_cache(maxsize=4)
def renderer(override_folder: Path | None = None) -> Renderer:
    """Return the renderer of a template folder."""
    return Renderer(override_folder)


def kinds_without_template() -> tuple[MailKind, ...]:
    """Return the kinds of letter that lack a shipped file."""
    return tuple(kind for kind in MailKind if not all((SHIPPED / kind.value / name).is_file() for name in FILES))


def _environment(folders: list[Path], *, autoescape: bool) -> Sandbox:
    environment = Sandbox(
        loader=_Layers(folders), autoescape=autoescape, trim_blocks=True, lstrip_blocks=True, bytecode_cache=_COMPILED[autoescape]
    )
    environment.globals["ROWS_MAX"] = ROWS_MAX
    return environment


def _fill(environment: Sandbox, name: str, given: dict[str, Any]) -> str:
    environment.renew()
    try:
        return _bounded(environment.get_template(name), given)
    except Exception as error:  # noqa: BLE001 - a template can raise anything; every fault is told with its place
        where = _place(error, name)
        msg = f"信件模板 {where} 有误：{_reason(error)}；请修改模板"
        raise TemplateFaultError(msg) from None


def _bounded(template: Template, given: dict[str, Any]) -> str:
    parts, size = [], 0
    for part in template.generate(given):
        size += len(part.encode())
        if size > BODY_MAX:
            msg = f"内容超过 {BODY_MAX // 1000} KB"
            raise ValueError(msg)
        parts.append(part)
    return "".join(parts)


def _tidy(filled: str, blank_lines: int) -> str:
    """Return a part without trailing spaces and with at most so many blank lines in a row."""
    lines = "\n".join(line.rstrip(" ") for line in filled.strip("\n").splitlines())
    return re.sub(rf"\n{{{blank_lines + 2},}}", "\n" * (blank_lines + 1), lines) + "\n"


def _checked_subject(filled: str, folder: str) -> str:
    subject = " ".join(clean(filled).split())
    fault = "为空" if not subject else "含有“=?”" if "=?" in subject else f"超过 {SUBJECT_MAX} 字" if len(subject) > SUBJECT_MAX else ""
    if fault:
        msg = f"信件模板 {folder}/subject.txt 有误：主题{fault}；请修改模板或其中引用的名称"
        raise TemplateFaultError(msg)
    return subject


def _place(error: Exception, name: str) -> str:
    """Return file and line of a fault: the innermost template in the traceback."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name or name} 第 {error.lineno} 行"
    if isinstance(error, TemplateNotFound):
        return f"{error.name}（{name} 引用）" if error.name != name else name
    found = [(frame.tb_frame.f_code.co_filename, frame.tb_lineno) for frame in _frames(error.__traceback__)]
    inside = [(_short(file), line) for file, line in found if file.endswith((".txt", ".html"))]
    return f"{inside[-1][0]} 第 {inside[-1][1]} 行" if inside else name


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _short(file: str) -> str:
    return "/".join(Path(file).parts[-2:])


_FIXED_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (UnicodeDecodeError, "文件不是 UTF-8 编码，请另存为 UTF-8"),
    (TemplateNotFound, "没有这个文件"),
    (RecursionError, "模板引用了自己"),
    (SecurityError, "使用了不允许的内容"),
)


def _reason(error: Exception) -> str:
    for kind, text in _FIXED_REASONS:
        if isinstance(error, kind):
            return text
    if isinstance(error, TemplateSyntaxError):
        return f"语法不对（{error.message}）"
    if isinstance(error, UndefinedError):
        named = _NAMED.findall(str(error))
        return f"没有“{named[-1]}”这一项" if named else f"引用了没有的内容（{error}）"
    return str(error) or type(error).__name__
