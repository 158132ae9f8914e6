"""Scores, ranks and quotas once more, in SQL alone: the counterpart that shares no code with the rules.

All arithmetic is in whole numbers: points in tenths, percentages in 1/D of a point, so that nothing is rounded before the end.
"""

import sqlite3

SCALE = 840
"""Divisible by every number of sheets from 1 to 8."""

SCHEMA = """
CREATE TABLE sheet (project TEXT, kind TEXT, part TEXT, criterion TEXT, assessor TEXT, tenths INTEGER);
CREATE TABLE rubric (part TEXT, part_no INTEGER, weight INTEGER, points INTEGER, least INTEGER, criterion TEXT, criterion_no INTEGER, most INTEGER);
CREATE TABLE earlier (kind TEXT, stands TEXT);
"""
"""``rubric`` has a row for each criterion, with what belongs to its part repeated; ``earlier`` one for each project decided before."""

# value: a sheet's share of the points in 1/(10 * points); the middle ones by rank, then their mean as a fraction num/den.
AGGREGATE = """
WITH given AS ({source}),
numbered AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY project, what ORDER BY value) AS place, COUNT(*) OVER (PARTITION BY project, what) AS number
    FROM given
),
kept AS (
    SELECT * FROM numbered WHERE CASE '{method}'
        WHEN 'trimmed_mean' THEN number < 3 OR (place > 1 AND place < number)
        WHEN 'median' THEN place IN ((number + 1) / 2, (number + 2) / 2)
        ELSE 1 END
)
SELECT project, what, MAX(number) AS number, SUM(value) * {scale} / COUNT(*) AS scaled, MAX(points) AS points FROM kept GROUP BY project, what
"""
"""``scaled`` is the aggregated value in 1/SCALE of a tenth of a point: exact, since SCALE is divisible by the number of sheets."""

BY_PART = (
    "SELECT s.project, s.part AS what, SUM(s.tenths) AS value, MAX(r.points) AS points FROM sheet s "
    "JOIN rubric r ON r.part = s.part AND r.criterion = s.criterion GROUP BY s.project, s.part, s.assessor"
)
BY_CRITERION = (
    "SELECT s.project, s.criterion AS what, s.tenths AS value, r.most AS points FROM sheet s "
    "JOIN rubric r ON r.part = s.part AND r.criterion = s.criterion"
)

RESULT = """
WITH parts AS (SELECT DISTINCT part, weight, points, least FROM rubric),
runners AS (SELECT DISTINCT project, kind FROM sheet),
short AS (
    SELECT DISTINCT u.project FROM runners u JOIN parts p LEFT JOIN by_part b ON b.project = u.project AND b.what = p.part
    WHERE COALESCE(b.number, 0) < p.least
),
-- total * 100 = sum(weight * scaled * 100 / (points * 10 * SCALE)); all over one denominator
totals AS (
    SELECT b.project, SUM(p.weight * b.scaled * ({common} / b.points)) AS num FROM by_part b JOIN parts p ON p.part = b.what
    WHERE b.project NOT IN (SELECT project FROM short) GROUP BY b.project
),
scored AS (SELECT project, (2 * 100 * num + {den}) / (2 * {den}) AS hundredths FROM totals),
ties AS (
    SELECT DISTINCT project, GROUP_CONCAT(printf('%05d', 10000 - percent), '') OVER (
        PARTITION BY project ORDER BY no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS tie FROM (
        SELECT b.project, p.no, (2 * 10000 * b.scaled + b.points * 10 * {scale}) / (2 * b.points * 10 * {scale}) AS percent
        FROM by_part b JOIN (SELECT part, MIN(part_no) AS no FROM rubric GROUP BY part) p ON p.part = b.what
        UNION ALL
        SELECT c.project, 1000 + r.part_no * 100 + r.criterion_no,
            (2 * 10000 * c.scaled + c.points * 10 * {scale}) / (2 * c.points * 10 * {scale})
        FROM by_criterion c JOIN rubric r ON r.criterion = c.what
    )
),
ranked AS (
    SELECT u.project, u.kind, s.hundredths,
        ROW_NUMBER() OVER (PARTITION BY u.kind ORDER BY s.hundredths IS NULL, s.hundredths DESC,
            CASE WHEN s.hundredths IS NULL THEN '' ELSE t.tie END, u.project) AS place,
        SUM(s.hundredths >= {pass_mark}) OVER (PARTITION BY u.kind ORDER BY s.hundredths IS NULL, s.hundredths DESC,
            CASE WHEN s.hundredths IS NULL THEN '' ELSE t.tie END, u.project ROWS UNBOUNDED PRECEDING) AS passing
    FROM runners u LEFT JOIN scored s ON s.project = u.project JOIN ties t ON t.project = u.project
)
SELECT project, hundredths, place, CASE
    WHEN hundredths IS NULL THEN NULL
    WHEN hundredths >= {pass_mark} AND passing <= CASE kind WHEN 'benchmark_org' THEN {benchmark} ELSE {model} END
        - (SELECT COUNT(*) FROM earlier e WHERE e.kind = ranked.kind AND e.stands IN ('selected', 'public')) THEN 'selected'
    ELSE 'not_selected' END
FROM ranked
"""


def reckoned(parts, sheets, method, pass_mark, quotas, earlier=()):
    """Return project → (score in hundredths or None, rank among its kind, outcome or None).

    ``parts``: (key, weight, least, ((criterion, points), …)); ``sheets``: (project, kind, part, criterion, assessor, tenths);
    ``earlier``: (kind, "selected", "public", "not_selected" or "withdrawn").
    """
    base = sqlite3.connect(":memory:")
    base.executescript(SCHEMA)
    rows = [
        (part, number, weight, sum(points for _, points in lines), least, name, index, points)
        for number, (part, weight, least, lines) in enumerate(parts)
        for index, (name, points) in enumerate(lines)
    ]
    base.executemany("INSERT INTO rubric VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    base.executemany("INSERT INTO sheet VALUES (?, ?, ?, ?, ?, ?)", sheets)
    base.executemany("INSERT INTO earlier VALUES (?, ?)", earlier)
    for table, source in (("by_part", BY_PART), ("by_criterion", BY_CRITERION)):
        base.execute(f"CREATE TABLE {table} AS {AGGREGATE.format(source=source, method=method, scale=SCALE)}")
    common = 1
    for _, points in {(part, sum(points for _, points in lines)) for part, _, _, lines in parts}:
        common *= points
    query = RESULT.format(
        common=common, den=common * 10 * SCALE, scale=SCALE, pass_mark=pass_mark, benchmark=quotas["benchmark_org"],
        model=quotas["model_branch"],
    )  # fmt: skip
    found = {project: tuple(rest) for project, *rest in base.execute(query)}
    base.close()
    return found
