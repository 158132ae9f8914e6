"""What a check of `creation doctor` answers."""

from collections.abc import Iterable
from typing import NamedTuple

from config.vocabulary import Labelled


class Level(Labelled):
    """How a check came out."""

    OK = "ok", "正常"
    WARN = "warn", "注意"
    FAIL = "fail", "异常"


class Finding(NamedTuple):
    """One line of the examination, for people in Chinese and for scripts alike."""

    name: str
    level: Level
    found: str
    todo: str = ""


def judged(name: str, level: Level, found: str, todo: str) -> Finding:
    """Return a finding; what to do is said only when something is to be done."""
    return Finding(name, level, found, "" if level == Level.OK else todo)


def failed(findings: Iterable[Finding]) -> bool:
    """Return whether any check failed."""
    return any(finding.level == Level.FAIL for finding in findings)
