"""Programme, cohort and scenario files spoilt at random: words of every wrong type, lines moved, doubled and left out, YAML's own traps."""

WORDS = (
    "", "null", "[]", "{}", "1", "-1", "1e999", ".nan", ".inf", "true", "2025-13-45", "2025-02-30", "0", "9" * 20, "9" * 5000, "'x'", "[1]", "{a: 1}",
    "&a x", "*a", "!!python/name:os.system", "!x y", "<<", "=", "? x", "- - - x", "0001-01-01", "9999-12-31", "2026-01-01T00:00:00", "12:30:45", "0x",
    "0b1", "[" * 3000, "{a: " * 500, "- " * 3000, "\u2028", "\x85", "\x00", "\ufeff", "\ud800", "\t", "%YAML 9.9\n---", "---\n", "...", "|\n  x", ">",
    "'", '"', '"\\uD800"', '"\\0"', '"\\U00110000"', '"\\x"', "a" * 100_000, "{<<: {a: 1}}", "{? [a] : b}", "{[a]: b}", "!!set {a}", "!!binary aGk=",
    "\u202ex", "=?utf-8?q?=0A?=", "{{ 7*7 }}", "''.__class__", "../../etc/passwd",
)  # fmt: skip


def spoilt(random, text):
    """The same file with one to four lines changed."""
    lines = text.split("\n")
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        at = random.randrange(len(lines))
        lines[at : at + 1] = _changed(random, lines[at])
        lines = lines or [""]
    return "\n".join(lines)


def _changed(random, line):
    kind = random.randrange(10)
    if kind < 5 and ":" in line:
        return [_other_value(random, line)]
    if kind < 6:
        return []
    if kind < 7:
        return [line, line]
    if kind < 8:
        return [" " * random.randint(0, 12) + line.lstrip()]
    if kind < 9 and line:
        at = random.randrange(len(line))
        return [line[:at] + random.choice((*WORDS, *"{}[]:,-#&*!|>'\"%@`")) + line[at + random.randint(0, 3) :]]
    return [random.choice(WORDS)]


def _other_value(random, line):
    at = random.choice([index for index, char in enumerate(line) if char == ":"])
    ends = [index for index in (line.find(",", at), line.find("}", at)) if index > 0]
    return f"{line[: at + 1]} {random.choice(WORDS)}{line[min(ends, default=len(line)) :]}"
