"""Apart from what fills forms, so that naming the error does not load what reads Word documents."""


class FormError(ValueError):
    """A Word form cannot be used; the message names the file and says what to do."""
