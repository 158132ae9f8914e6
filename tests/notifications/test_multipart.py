"""The reader of forms against the standard library's mail parser, for every way in which the bytes may be cut."""

import re
from email import message_from_bytes, policy
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.local_page.multipart import HEADERS_MAX, Form, MalformedError, boundary_of

BOUNDARY = b"----Abc"
PIECES = st.lists(st.sampled_from([b"\r\n", b"--", b"----Ab", b"\r\n----Ab", b"c", b"\r", b"\n", b"\0\xff", b"PK"]), max_size=12).map(
    b"".join
)
CONTENTS = PIECES.filter(lambda content: b"\r\n--" + BOUNDARY not in b"\r\n" + content)
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters='"\\'), max_size=12)


def body_of(files):
    heads = [
        f'--{BOUNDARY.decode()}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode() for name, _ in files
    ]
    parts = [head + content + b"\r\n" for head, (_, content) in zip(heads, files, strict=True)]
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


def reader(body, cuts=()):
    places = [0, *sorted(cut for cut in set(cuts) if 0 < cut < len(body)), len(body)]
    pieces = iter([body[start:end] for start, end in pairwise(places)])
    return lambda: next(pieces, b"")


def parsed(body, cuts=(), boundary=BOUNDARY):
    return [(part.name, part.filename, b"".join(part.content)) for part in Form(reader(body, cuts), boundary).parts()]


@given(st.lists(st.tuples(NAMES, CONTENTS), max_size=4), st.lists(st.integers(0, 600), max_size=20))
def test_what_is_sent_is_what_is_read_however_it_is_cut(files, cuts):
    assert parsed(body_of(files), cuts) == [("files", name, content) for name, content in files]


_READ_OTHERWISE = re.compile(rb"[\r\n]--" + BOUNDARY + rb"|[\r\n]\Z")
"""The standard library takes CR or LF alone for the end of a line, before a boundary and at the end; in a file they are content."""


@given(st.lists(st.tuples(st.just("a.pdf"), CONTENTS.filter(lambda content: not _READ_OTHERWISE.search(content))), min_size=1, max_size=4))
def test_the_standard_library_reads_the_same(files):
    body = body_of(files)
    head = b'Content-Type: multipart/form-data; boundary="' + BOUNDARY + b'"\r\n\r\n'
    told = message_from_bytes(head + body, policy=policy.HTTP)
    assert [part.get_payload(decode=True) for part in told.iter_parts()] == [content for _, _, content in parsed(body)]


@given(st.integers(1, 200), st.lists(st.integers(0, 200), max_size=5))
def test_a_body_that_ends_early_is_never_taken_for_whole(cut, cuts):
    body = body_of([("a.pdf", b"x" * 40), ("b.pdf", b"y" * 40)])
    end = len(body) - len(b"--\r\n") - 1
    with pytest.raises(MalformedError):
        parsed(body[: min(cut, end)], cuts)


def test_a_part_that_nobody_reads_is_passed_over():
    body = body_of([("a.pdf", b"x" * 100), ("b.pdf", b"y")])
    assert [part.filename for part in Form(reader(body, range(0, 300, 7)), BOUNDARY).parts()] == ["a.pdf", "b.pdf"]


def test_a_file_is_given_in_pieces_no_longer_than_what_was_read():
    body = body_of([("a.pdf", b"x" * 100_000)])
    for part in Form(reader(body, range(0, len(body), 1000)), BOUNDARY).parts():
        assert max(len(piece) for piece in part.content) <= 1000 + len(BOUNDARY) + 4


@pytest.mark.parametrize(
    "body",
    [
        b"", b"--", b"--other\r\n", b"------Abc", b"------Abcx\r\n", b"------Abc\r\n\r\n\r\nx\r\n------Abc--",
        b"------Abc\r\nContent-Disposition: attachment; filename=a\r\n\r\nx\r\n------Abc--",
        b"------Abc\r\nX: " + b"x" * (HEADERS_MAX + 1) + b"\r\n\r\n", b"------Abc\r\n" + b"x" * (HEADERS_MAX * 3),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused(body):
    with pytest.raises(MalformedError):
        parsed(body, range(0, 40000, 100))


@pytest.mark.parametrize(
    ("given", "boundary"),
    [
        ("multipart/form-data; boundary=----WebKitFormBoundaryX", b"----WebKitFormBoundaryX"),
        ('Multipart/Form-Data; boundary="a b"', None),
        ('multipart/form-data; boundary="a=b"', b"a=b"),
        ("multipart/form-data; boundary=" + "a" * 71, None),
        ("multipart/form-data", None),
        ("multipart/mixed; boundary=a", None),
        ("application/x-www-form-urlencoded", None),
        ("", None),
    ],
)
def test_the_boundary_is_what_the_header_names(given, boundary):
    assert boundary_of(given) == boundary
