"""The office's own wording of the letters: taken out, saved after a check, compared with the shipped text, taken back.

Own files lie in the template folder under the path of the shipped ones; ``save`` and ``restore`` are the doors through which
they get there. A file put there by hand is found by ``broken`` and ``unused`` before a letter needs it.
"""

import difflib
import html
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from config.vocabulary import MailKind
from notifications.letter import DutyLine, Letter
from notifications.render import SHIPPED, Renderer
from notifications.samples import variants

SHARED = "_base"
"""The folder of what all letters share: frame, signature, lists, table."""
PREVIOUS = ".previous"
FILE_MAX = 200_000
"""Bytes of one template."""
Files = dict[str, bytes]


class WordingError(ValueError):
    """A wording is refused and nothing has changed; the Chinese message names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a save or a restore did: names of the files that differ now, and what a person should look at."""

    files: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def kinds() -> tuple[str, ...]:
    """Return everything that has a wording: every kind of letter and what they share."""
    return (*(kind.value for kind in MailKind), SHARED)


def checked_kind(kind: str) -> str:
    """Return the kind; raises WordingError naming the known ones."""
    if kind not in kinds():
        known = "、".join(f"{one.value}（{one.label}）" for one in MailKind)
        raise WordingError(f"没有信件种类“{kind}”；可用：{known}、{SHARED}（各种信件共用的信头、落款和列表）")
    return kind


def shipped(kind: str) -> Files:
    """Return the shipped files of a kind."""
    return _read(SHIPPED / kind, tuple(path.name for path in sorted((SHIPPED / kind).iterdir())))


def own(folder: Path, kind: str) -> Files:
    """Return the office's own files of a kind."""
    return _read(folder / kind, tuple(shipped(kind)))


def _read(folder: Path, names: tuple[str, ...]) -> Files:
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def take_out(folder: Path, kind: str, target: Path) -> tuple[Path, ...]:
    """Copy the files of a kind as they hold now, to be edited; nothing is overwritten."""
    now = shipped(checked_kind(kind)) | own(folder, kind)
    there = [name for name in now if (target / name).exists()]
    if there:
        raise WordingError(f"{target} 中已有 {'、'.join(there)}，没有覆盖；请换一个空的目录")
    target.mkdir(parents=True, exist_ok=True)
    for name, content in now.items():
        (target / name).write_bytes(content)
    return tuple(target / name for name in now)


def given_files(kind: str, path: Path) -> Files:
    """Return what a person wants to save: one file, or those of a folder that belong to a kind; raises WordingError."""
    names = tuple(shipped(checked_kind(kind)))
    found = [path] if path.is_file() else [path / name for name in names if (path / name).is_file()]
    if not found or any(one.name not in names for one in found):
        raise WordingError(
            f"{path} 不是“{kind}”的信件文件；文件名应为 {'、'.join(names)}（先用 creation mail template take 取出，改后保存）"
        )
    too_big = [one.name for one in found if one.stat().st_size > FILE_MAX]
    if too_big:
        raise WordingError(f"{'、'.join(too_big)} 超过 {FILE_MAX // 1000} KB，不像信件模板；请核对文件")
    return {one.name: one.read_bytes() for one in found}


def save(folder: Path, kind: str, files: Mapping[str, bytes]) -> Changed:
    """Put files into force; refused when a sample of any kind can no longer be rendered. A file like the shipped one is not kept."""
    plain = {name: _plain(name, content) for name, content in files.items()}
    with _alone(folder):
        return _put(folder, kind, own(folder, checked_kind(kind)) | plain)


def _plain(name: str, content: bytes) -> bytes:
    """Return a file as the shipped ones are: UTF-8 without a mark, lines ended as on this machine's kind of system."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WordingError(f"没有保存，现行措辞不变。{name} 不是 UTF-8 编码，请另存为 UTF-8 后再保存") from None
    return ("\n".join(text.splitlines()) + "\n").encode()


def restore(folder: Path, kind: str, *, previous: bool = False) -> Changed:
    """Go back to the shipped wording of a kind, or to the one before its last change; either can be taken back in turn."""
    with _alone(folder):
        return _put(folder, kind, own(folder / PREVIOUS, checked_kind(kind)) if previous else {})


def _put(folder: Path, kind: str, files: Files) -> Changed:
    before, standard = own(folder, kind), shipped(kind)
    after = {name: content for name, content in files.items() if content != standard[name]}
    if after == before:
        return Changed(())
    remarks = _tried(folder, kind, after)
    _exchange(folder / PREVIOUS / kind, before, tuple(standard))
    _exchange(folder / kind, after, tuple(standard))
    return Changed(tuple(sorted(name for name in standard if before.get(name) != after.get(name))), remarks)


def _tried(folder: Path, kind: str, after: Files) -> tuple[str, ...]:
    """Render every sample with the wording to come beside the present one; raises WordingError for what it would break."""
    with tempfile.TemporaryDirectory(prefix="creation-wording-") as name:
        trial = Path(name)
        if folder.is_dir():
            shutil.copytree(folder, trial, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*", kind))
        _exchange(trial / kind, after, ())
        faults = broken(trial)
        known = broken(folder) if faults else ()  # what a person has broken by hand does not stop the mending of another
        if new := [fault for fault in faults if fault not in known]:
            raise WordingError(f"没有保存，现行措辞不变。{'；'.join(new)}")
        return omissions(trial, kind)


def _exchange(folder: Path, files: Files, names: tuple[str, ...]) -> None:
    """Let a folder hold these files and no others of the ``names``: each is whole, the old one or the new one, at every moment."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        handle, part = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(0o644)
        Path(part).replace(folder / name)
    for name in names:
        if name not in files:
            (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # whatever else lies there stays
        folder.rmdir()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        yield


def broken(folder: Path) -> tuple[str, ...]:
    """Return every fault of the wording in force, found by rendering every sample of every kind."""
    return Renderer(folder).check()


def unused(folder: Path) -> tuple[str, ...]:
    """Return the files of the folder that no letter uses: a name misspelt changes nothing, and nobody would notice."""
    known = {f"{kind}/{name}" for kind in kinds() for name in shipped(kind)}
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple(str(path) for path in found if path.as_posix() not in known and not any(part.startswith(".") for part in path.parts))


def omissions(folder: Path, kind: str) -> tuple[str, ...]:
    """Return what the letters of a kind no longer tell: a letter without its deadline renders well and is worth nothing."""
    told: dict[str, None] = {}
    renderer = Renderer(folder)
    for one in MailKind if kind == SHARED else (MailKind(kind),):
        for letter in variants(one):
            made = renderer.render(letter)
            facts = (fact for line in letter.lines for fact in _facts(letter, line))
            wanted = (letter.salutation, letter.office.name, *facts)
            for name, text in (("body.txt", made.text), ("body.html", html.unescape(made.html))):
                bare = "".join(text.split())
                missing = [part for part in wanted if "".join(part.split()) not in bare]
                told |= {f"{one.value}/{name} 没有写出“{part}”": None for part in missing}
    return tuple(told)


def _facts(letter: Letter, line: DutyLine) -> tuple[str, str]:
    undeclared = letter.kind == MailKind.OFFICE_LIST and line in letter.undeclared
    return line.unit if undeclared else line.title, f"{line.due_on.month}月{line.due_on.day}日"


def differences(folder: Path, kind: str) -> tuple[str, ...]:
    """Return the lines of a unified diff from the shipped wording of a kind to the office's own; empty when they are the same."""
    mine = own(folder, checked_kind(kind))
    lines: list[str] = []
    for name, content in shipped(kind).items():
        if name in mine:
            here, there = (text.decode("utf-8-sig", "replace").splitlines() for text in (content, mine[name]))
            lines += difflib.unified_diff(here, there, f"系统原文 {kind}/{name}", f"本单位措辞 {kind}/{name}", lineterm="")
    return tuple(lines)
