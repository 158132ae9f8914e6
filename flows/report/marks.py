"""The marks of the wall chart: a sign, a word and a colour. Sign and word say it all, so that it reads in black and white."""

from collections.abc import Mapping
from dataclasses import dataclass

from config.vocabulary import Labelled, Outcome, PhaseKind


class Tone(Labelled):
    """What a mark's colour stands for."""

    DONE = "done", "已完成"
    LATE = "late", "迟报"
    WATCH = "watch", "需关注"
    BAD = "bad", "逾期或不合格"
    LATER = "later", "未到时间"
    NONE = "none", "不适用"


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell: signs are those customary in offices and found in every Chinese font."""

    sign: str
    word: str
    tone: Tone


NOT_APPLICABLE = Mark("—", "", Tone.NONE)
LATER = Mark("○", "未到", Tone.LATER)

LEGEND: tuple[tuple[Mark, str], ...] = (
    (Mark("✓", "", Tone.DONE), "已完成"),
    (Mark("✓", "迟 n 天", Tone.LATE), "晚于时限完成"),
    (Mark("△", "", Tone.WATCH), "需关注：催办中、待审核、退回修改、整改中、暂缓"),
    (Mark("◇", "", Tone.WATCH), "材料或评分已齐，待决定"),
    (Mark("×", "", Tone.BAD), "逾期未报、不合格或终止"),
    (Mark("○", "", Tone.LATER), "未到时间，或评审中"),
    (Mark("—", "", Tone.NONE), "不适用或无须办理"),
)

DECIDED: Mapping[Outcome, Mark] = {
    Outcome.SELECTED: Mark("✓", "入选", Tone.DONE),
    Outcome.NOT_SELECTED: Mark("—", "未入选", Tone.NONE),
    Outcome.PASSED: Mark("✓", "合格", Tone.DONE),
    Outcome.FAILED: Mark("×", "不合格", Tone.BAD),
    Outcome.CONTINUED: Mark("✓", "继续", Tone.DONE),
    Outcome.ANOTHER_ROUND: Mark("×", "再整改", Tone.BAD),
    Outcome.TERMINATED: Mark("×", "终止", Tone.BAD),
    Outcome.EXCELLENT: Mark("✓", "优秀", Tone.DONE),
    Outcome.QUALIFIED: Mark("✓", "合格", Tone.DONE),
    Outcome.DEFERRED: Mark("△", "暂缓", Tone.WATCH),
    Outcome.NOT_ACCEPTED: Mark("×", "不合格", Tone.BAD),
}
"""How an outcome reads in a narrow cell."""

DECISION_TITLES: Mapping[PhaseKind, str] = {
    PhaseKind.DECLARATION: "遴选认定",
    PhaseKind.MID_TERM: "中期考核",
    PhaseKind.REVIEW: "验收结果",
    PhaseKind.CONSOLIDATION: "验收结果",
}
"""What the notice calls the decision of a phase (I.3.3, II.2)."""
