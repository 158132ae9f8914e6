"""Marks that several files of tests share."""

import os

import pytest

IS_LONG = bool(os.environ.get("CREATION_LONG"))
LONG = pytest.mark.skipif(not IS_LONG, reason="part of the long suite: set CREATION_LONG=1")


def size(short, at_length):
    """Return how much of something to try: in `make test`, or in the long suite."""
    return at_length if IS_LONG else short
