"""Checks an exported history against signed lists of its heads. Stands alone: this file, Python and `cryptography` are all it needs.

    python verifier.py EXPORT PUBLIC_KEY LIST [LIST ...]

EXPORT is what ``creation audit export`` writes, PUBLIC_KEY the 64 hex digits that ``creation audit key`` prints (several keys: with
commas), each LIST a signed list as it was mailed to the auditor. Exit code 0: whole; 1: flaws, one a line; 2: nothing that can be read.
Moves are held against the rules that the export lists, and those against the digest of the rules in the newest signed list.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

STREAM, SEQ, PREV_SEQ, MACHINE, SOURCE, EVENT, TARGET, PREV_HASH, COMMAND = range(9)
COLUMNS = 17
"""The nine above, actor, auth_method, origin, payload, effective_on, recorded_at, clause, and last the hash over all before it."""
HASH = COLUMNS - 1
RULE_PARTS = 4
"""Machine, source, event, target."""
LIST_PARTS = {"day": str, "previous": str, "heads": list, "events": int, "streams": int, "rules": str, "restart": str}
ARGUMENTS = 3
Row = list[Any]


class UnreadableError(ValueError):
    """An input is not what it should be."""


@dataclass(frozen=True)
class Export:
    """Events in the order of the file, and the legal moves."""

    rules: list[list[str]]
    rows: list[Row]

    def streams(self) -> dict[str, list[Row]]:
        """Return stream → its events, in the order of the file."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row[STREAM], []).append(row)
        return found


@dataclass(frozen=True)
class Signed:
    """One list: its exact text, what it says, and who signed it."""

    text: str
    told: dict[str, Any]
    key: str
    signature: str


def parse_export(text: str) -> Export:
    """Return the export in a text: a header, then one event a line; raises UnreadableError."""
    try:
        head, *rows = [json.loads(line) for line in text.rstrip("\n").split("\n")]
        plain = all(len(row) == COLUMNS and all(isinstance(cell, str | int | None) for cell in row) for row in rows)
        legal = all(isinstance(rule, list) and [type(part) for part in rule] == [str] * RULE_PARTS for rule in head["rules"])
        if head["format"] != 1 or not plain or not legal or any(not isinstance(row[SEQ], int) for row in rows):
            raise UnreadableError("记录文件的格式不符")
        return Export(head["rules"], rows)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableError(f"记录文件无法读取：{error}") from None


def parse_list(text: str) -> Signed:
    """Return the list in a text: its own line, then key and signature; raises UnreadableError."""
    try:
        line, seal = text.rstrip("\n").split("\n")
        told, sealed = json.loads(line), json.loads(seal)
        told_as = {name: type(told[name]) for name in LIST_PARTS}
        if told["format"] != 1 or told_as != LIST_PARTS or [type(sealed[name]) for name in ("key", "signature")] != [str, str]:
            raise UnreadableError("清单的格式不符")
        if any([type(part) for part in head] != [str, int, str] for head in told["heads"]):
            raise UnreadableError("清单所列的格式不符")
        json.dumps(told, ensure_ascii=False).encode()  # what no text can hold could not be told either
        return Signed(line, told, sealed["key"], sealed["signature"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableError(f"清单无法读取：{error}") from None


def digest(row: Row) -> str:
    """Return the SHA-256 over all columns before the hash, each with its length before it."""
    return hashlib.sha256(("ev1" + "".join(f"|{len(str(part))}:{part}" for part in row[:HASH])).encode()).hexdigest()


def rules_digest(rules: Sequence[Sequence[str]]) -> str:
    """Return the SHA-256 over the legal moves (machine, source, event, target), sorted."""
    return hashlib.sha256(json.dumps(sorted(map(list, rules)), ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def hashes(export: Export, _lists: Sequence[Signed], _keys: Sequence[str]) -> Iterator[str]:
    """Yield the events whose content is not what was hashed."""
    yield from (f"{row[STREAM]} 第 {row[SEQ]} 条：内容与校验值不符" for row in export.rows if digest(row) != row[HASH])


def chain(export: Export, _lists: Sequence[Signed], _keys: Sequence[str]) -> Iterator[str]:
    """Yield gaps, forks and broken links, and commands that were recorded twice."""
    for stream, rows in export.streams().items():
        last: Row | None = None
        for number, row in enumerate(rows, start=1):
            link = [last[SEQ], last[TARGET], last[HASH], last[MACHINE]] if last else [None, "new", None, row[MACHINE]]
            if row[SEQ] != number or [row[PREV_SEQ], row[SOURCE], row[PREV_HASH], row[MACHINE]] != link:
                yield f"{stream} 第 {row[SEQ]} 条：与上一条不相接"
            last = row
    counted = Counter(row[COMMAND] for row in export.rows)
    yield from (f"操作编号 {command} 出现 {number} 次" for command, number in counted.items() if number > 1)


def legality(export: Export, lists: Sequence[Signed], _keys: Sequence[str]) -> Iterator[str]:
    """Yield moves that no listed rule allows, and rules that are not those of the newest list."""
    rules = {tuple(rule) for rule in export.rules}
    for row in export.rows:
        if (row[MACHINE], row[SOURCE], row[EVENT], row[TARGET]) not in rules:
            yield f"{row[STREAM]} 第 {row[SEQ]} 条：{row[SOURCE]} → {row[TARGET]} 不是所列规则允许的流转"
    if lists and _by_day(lists)[-1].told["rules"] != rules_digest(export.rules):
        yield "记录文件所列规则与最新清单所签的不同（程序升级后尚未签署清单时也会如此：请待次日的清单再核）"


def signatures(_export: Export, lists: Sequence[Signed], keys: Sequence[str]) -> Iterator[str]:
    """Yield lists that none of the known keys has signed."""
    for one in lists:
        try:
            known = one.key in keys
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(one.key)).verify(bytes.fromhex(one.signature), one.text.encode())
        except (InvalidSignature, ValueError):
            known = False
        if not known:
            yield f"{one.told['day']} 的清单：签名无效或不是所给公钥的"


def order(_export: Export, lists: Sequence[Signed], _keys: Sequence[str]) -> Iterator[str]:
    """Yield where a list does not go on from the one before it: another in its place, one missing, heads that went back."""
    known = _by_day(lists)
    for older, newer in pairwise(known):
        where = f"{newer.told['day']} 的清单"
        if newer.told["previous"] != hashlib.sha256(older.text.encode()).hexdigest():
            yield f"{where}：不接续 {older.told['day']} 的清单（其间缺少清单，或清单被替换）"
        later = {stream: seq for stream, seq, _ in newer.told["heads"]}
        for stream, seq, _ in older.told["heads"]:
            if later.get(stream, 0) < seq:
                yield f"{where}：{stream} 倒退到第 {later.get(stream, 0)} 条，此前已有第 {seq} 条"
    yield from (f"{one.told['day']} 的清单：声明重新开始：{one.told['restart']}" for one in known if one.told["restart"])


def heads(export: Export, lists: Sequence[Signed], _keys: Sequence[str]) -> Iterator[str]:
    """Yield every head that was once signed and that the export does not bear out; counts that do not add up."""
    found = {(row[STREAM], row[SEQ]): row[HASH] for row in export.rows}
    for one in lists:
        told = one.told
        if told["events"] != sum(seq for _, seq, _ in told["heads"]) or told["streams"] != len(told["heads"]):
            yield f"{told['day']} 的清单：条数与所列不符"
        for stream, seq, hash_ in told["heads"]:
            if (stream, seq) not in found:
                yield f"{stream} 第 {seq} 条：{told['day']} 已签署，现在没有（截断或回退）"
            elif found[stream, seq] != hash_:
                yield f"{stream} 第 {seq} 条：与 {told['day']} 所签的不同（历史被重写）"


Check = Callable[[Export, Sequence[Signed], Sequence[str]], Iterator[str]]
CHECKS: Mapping[str, Check] = {
    "hashes": hashes, "chain": chain, "legality": legality, "signatures": signatures, "order": order, "heads": heads,
}  # fmt: skip


def examine(export: Export, lists: Sequence[Signed], keys: Sequence[str], checks: Mapping[str, Check] = CHECKS) -> list[str]:
    """Return every flaw that the checks find, in Chinese; empty when all is whole."""
    return [flaw for check in checks.values() for flaw in check(export, lists, keys)]


def _by_day(lists: Sequence[Signed]) -> list[Signed]:
    return sorted(lists, key=lambda one: str(one.told["day"]))


def main(arguments: Sequence[str]) -> int:
    """Read the files, print what is found, return the exit code."""
    if len(arguments) < ARGUMENTS:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        export = parse_export(Path(arguments[0]).read_text(encoding="utf-8"))
        lists = [parse_list(Path(name).read_text(encoding="utf-8")) for name in arguments[2:]]
        flaws = examine(export, lists, arguments[1].lower().split(","))
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    newest = _by_day(lists)[-1].told
    end = f"；{newest['day']} 之后的 {len(export.rows) - newest['events']} 条尚无清单佐证" if len(export.rows) > newest["events"] else ""
    whole = f"核验通过：{len(export.rows)} 条记录、{len(export.streams())} 个记录链、{len(lists)} 份清单{end}"
    sys.stdout.write("\n".join([*flaws, f"共 {len(flaws)} 处异常"] if flaws else [whole]) + "\n")
    return 1 if flaws else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
