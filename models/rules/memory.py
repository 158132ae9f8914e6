"""Results of pure rules kept for who asks next: a world never changes, and boards, reminders and letters all ask the same."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

First = TypeVar("First")
Rest = ParamSpec("Rest")
Result = TypeVar("Result")


def remembered(kept: int) -> Callable[[Callable[Concatenate[First, Rest], Result]], Callable[Concatenate[First, Rest], Result]]:
    """Keep the last ``kept`` results of a pure function: its first argument is known by identity, the others are compared.

    To compare or hash a whole cohort would take longer than most rules.
    """

    def keeping(compute: Callable[Concatenate[First, Rest], Result]) -> Callable[Concatenate[First, Rest], Result]:
        known: list[tuple[First, object, Result]] = []

        @wraps(compute)
        def asked(first: First, /, *rest: Rest.args, **named: Rest.kwargs) -> Result:
            given = rest, named
            for one, others, found in known:
                if one is first and others == given:
                    return found
            result = compute(first, *rest, **named)
            known.insert(0, (first, given, result))
            del known[kept:]
            return result

        return asked

    return keeping
