"""The one error that an act raises when it refuses: nothing has been changed, and the message says what to do."""


class ActError(ValueError):
    """An act is refused; the Chinese message names what was wrong and the remedy."""


def refuse(text: str, remedy: str = "") -> ActError:
    """Return the error for ``raise``."""
    return ActError(f"{text}；{remedy}" if remedy else text)
