"""What a paper lacks when it arrives, told so that it can stand in a return letter (R12, R14, R15, R43; rows ``paper_checks``)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from config.programme import DeliverableRule
from config.screening import SEAL_WORDS, PaperCheck, Section, SurveyRule
from models.rules import survey
from models.rules.snapshot import Project

PICTURES = (".pdf", ".jpg", ".jpeg", ".png")
"""What a scanned page comes as."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file of a paper; ``chars`` and ``lines`` where it could be read as Word, ``trouble`` why it could not."""

    name: str
    chars: int | None = None
    lines: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A paper as it arrived: pieces, files, and how many originals lie elsewhere, which nobody can look at by rule."""

    pieces: int
    files: tuple[ReadFile, ...]
    elsewhere: int = 0


def lacking(rule: DeliverableRule, check: PaperCheck | None, paper: Arrived, project: Project) -> tuple[str, ...]:
    """Return every defect of a paper as it arrived, in Chinese; empty when nothing was found."""
    found = []
    if rule.pieces is not None and paper.pieces != rule.pieces:
        found.append(f"应为 {rule.pieces} 份，收到 {paper.pieces} 份")
    least, number = max(rule.files_min, check.evidence_min if check else 0), len(paper.files) + paper.elsewhere
    if number < least:
        found.append(f"至少附 {least} 个文件，收到 {number} 个")
    if check is not None:
        found += () if paper.elsewhere else _named(check, paper.files)
        found += [*(flaw for file in paper.files for flaw in _of_file(check, file)), *_of_survey(check, project)]
    return tuple(found)


def remarks(project: Project, check: PaperCheck | None, rule: SurveyRule, files: Sequence[ReadFile]) -> tuple[str, ...]:
    """Return what the office should look at and no unit need correct: files that could not be read, an odd survey."""
    found = [f"{file.name}：{file.trouble}，请人工核对" for file in files if file.trouble]
    found += _unread(check, files) if check is not None else ()
    fact = project.latest("record_survey") if check is not None and check.survey else None
    return (*found, *(survey.warnings(fact.payload, rule) if fact and not survey.problems(fact.payload) else ()))


def _unread(check: PaperCheck, files: Sequence[ReadFile]) -> Iterator[str]:
    """Yield the allowed papers of which nothing was read where length or headings count; beside one that was read they are copies."""
    counts = check.chars_max or check.chars_min or check.sections
    if not counts or any(file.chars is not None for file in files):
        return
    for file in files:
        name = file.name.lower()
        if not file.trouble and name.endswith(check.formats) and not (check.seal and _is_seal(name)):
            yield f"{file.name}：未核对字数和内容，请人工核对"


def _named(check: PaperCheck, files: Sequence[ReadFile]) -> Iterator[str]:
    names = [file.name.lower() for file in files]
    if files and check.formats and not any(name.endswith(check.formats) for name in names):
        yield f"应有 {'、'.join(check.formats)} 格式的文件，收到{'、'.join(file.name for file in files)}"
    for word in check.forms:
        if not any(word.lower() in name for name in names):
            yield f"缺少{word}"
    if check.seal and files and not any(_is_seal(name) for name in names):
        yield f"没有盖章签字页（文件名中应写明“{SEAL_WORDS[0]}”，格式为 {'、'.join(PICTURES)}）"


def _is_seal(name: str) -> bool:
    return name.endswith(PICTURES) and any(word in name for word in SEAL_WORDS)


def _of_file(check: PaperCheck, file: ReadFile) -> Iterator[str]:
    if file.chars is None:
        return
    if check.chars_max and file.chars > check.chars_max:
        yield f"{file.name} 共 {file.chars} 字，超过 {check.chars_max} 字"
    if file.chars < check.chars_min:
        yield f"{file.name} 只有 {file.chars} 字，至少 {check.chars_min} 字"
    if missing := [section.title for section in check.sections if not _has(section, file.lines)]:
        yield f"{file.name} 缺少标题：{'、'.join(missing)}"


def _has(section: Section, lines: Iterable[str]) -> bool:
    return any(word in line for line in lines for word in section.words)


def _of_survey(check: PaperCheck, project: Project) -> Iterator[str]:
    if not check.survey:
        return
    fact = project.latest("record_survey")
    if fact is None:
        yield "没有满意度测评结果"
    else:
        yield from (f"满意度测评：{flaw}" for flaw in survey.problems(fact.payload))
