"""Marks that several files of tests share."""

import os

import pytest

LONG = pytest.mark.skipif(not os.environ.get("CREATION_LONG"), reason="part of the long suite: set CREATION_LONG=1")
