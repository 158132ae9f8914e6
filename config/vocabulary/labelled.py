"""A stored value that carries the Chinese label users read."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A stored value with its Chinese label."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make the member equal to its stored value and carry the label beside it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member
