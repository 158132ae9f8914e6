"""What the history says that rows should hold: papers, deadlines, matters of a rectification, assignments (one stream at a time)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.rules.duties import DECLARE
from models.tables import Event
from models.tables.columns import canonical

PAPER = ("version", "received_on", "endorsed_on", "pieces", "files")
ITEM = ("number", "text", "answer", "verified", "files", "note")
ASSIGNED = ("phase", "part", "round_no", "assessor", "panel")
DUE = ("deliverable", "due_on")


def told(names: Sequence[str], body: Mapping[str, Any]) -> str:
    """Return the text of what counts in a row or an event, the same for both."""
    return canonical({name: body.get(name) for name in names})


def paper(stream: str, events: Sequence[Event]) -> Iterator[str]:
    """Yield the one paper of a stream ``submission:PROJECT/DELIVERABLE/vN``: as it came, and when it was endorsed."""
    version = int(stream.rpartition("/v")[2])
    body: dict[str, Any] = {"version": version, "pieces": 0, "files": []}
    for event in events:
        if event.event in ("hand_in", "hand_in_to_so"):
            body |= {name: event.payload[name] for name in ("received_on", "pieces", "files")}
        elif event.event == "endorse":
            body["endorsed_on"] = event.payload["endorsed_on"]
    yield told(PAPER, body)


def deadlines(stream: str, events: Sequence[Event], plan: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield (subject's stream, text) of each deadline set by the events of a stream; ``plan`` is the cohort's where it is one."""
    for event in events:
        if event.event == "open" and plan:
            given, declare = plan["cohort"], plan["cohort"]["declare"]
            rows = [*given["deadlines"], *([{**declare, "deliverable": DECLARE}] if declare else [])]
            yield from ((stream, told(DUE, row)) for row in rows)
        elif event.event in ("supplement", "extend"):
            yield stream, told(DUE, event.payload)
        elif event.event == "return":
            project, deliverable, _ = stream.partition(":")[2].split("/")
            yield f"project:{project}", told(DUE, {"deliverable": deliverable, "due_on": event.payload["due_on"]})


def assignments(events: Sequence[Event]) -> Iterator[str]:
    """Yield who is assigned to what after the events of a project."""
    held: Counter[tuple[Any, ...]] = Counter()
    panels: dict[tuple[Any, ...], str] = {}
    for event in events:
        if event.event not in ("assign", "unassign"):
            continue
        body = event.payload
        for key in ((body["phase"], part, body["round_no"], one) for part in body["parts"] for one in body["assessors"]):
            held[key] = int(event.event == "assign")
            panels[key] = body.get("panel", "")
    yield from (told(ASSIGNED, dict(zip(ASSIGNED, (*key, panels[key]), strict=True))) for key in held.elements())


def items(events: Sequence[Event]) -> Iterator[str]:
    """Yield the matters of one rectification as its events have left them."""
    rows: dict[int, dict[str, Any]] = {}
    for event in events:
        _CHANGES.get(event.event, _nothing)(rows, event.payload)
    yield from (told(ITEM, row) for row in rows.values())


Items = dict[int, dict[str, Any]]


def _order(rows: Items, body: Mapping[str, Any]) -> None:
    for number, text in enumerate(body["items"], start=1):
        rows[number] = {"number": number, "text": text[:500], "answer": "", "verified": None, "files": [], "note": ""}


def _answer(rows: Items, body: Mapping[str, Any]) -> None:
    """Give the answers to the items that wait for one: none, where the last was answered by an event of its own."""
    waiting = [row for row in rows.values() if row["verified"] is False or (row["verified"] is None and not row["answer"])]
    for row, text in zip(waiting, body["answers"] if waiting else (), strict=False):
        row.update(answer=text[:2000], verified=None, files=body.get("files") or row["files"])


def _answer_item(rows: Items, body: Mapping[str, Any]) -> None:
    row = rows[body["item"]]
    row.update(answer=body["answer"], verified=None, files=body["files"] or row["files"])


def _verify(rows: Items, body: Mapping[str, Any]) -> None:
    for number in body.get("items") or [number for number, row in rows.items() if not row["verified"]]:
        rows[number].update(verified=True, note=body["note"][:500] or rows[number]["note"])


def _reopen(rows: Items, body: Mapping[str, Any]) -> None:
    for number in body["items"]:
        rows[number].update(verified=False, note=body["note"][:500])


def _nothing(rows: Items, body: Mapping[str, Any]) -> None:
    """Leave the matters as they are."""


_CHANGES = {
    "order": _order, "answer": _answer, "answer_item": _answer_item, "verify_item": _verify, "verify": _verify, "reopen": _reopen,
}  # fmt: skip
