"""What a declaration says of itself: self-assessment, planned outcomes, answers to the negative list."""

from config.vocabulary.labelled import Labelled


class OutcomeForm(Labelled):
    """In which form a project means to show its outcomes; the notice's list is open (R38)."""

    WORK_SYSTEM = "work_system", "党建工作体系"
    WORK_METHOD = "work_method", "党建工作法、典型案例"
    BRAND = "brand", "思想政治工作品牌、育人载体"
    PLATFORM = "platform", "宣传平台、网络阵地"
    PUBLICATION = "publication", "研究论文、专著"
    PROMOTION = "promotion", "推广示范、辐射带动成效"
    OTHER = "other", "其他形式"


class NegativeAnswer(Labelled):
    """A unit's answer to one item of the negative list (R10, R26, R35)."""

    NONE = "none", "无"
    HAS = "has", "有"
    EXPLAIN = "explain", "需说明"


class Consequence(Labelled):
    """What an item of the negative list does to a declaration; the annex names none, so it is ours to set."""

    BLOCKS = "blocks", "不得申报"
    DECIDES = "decides", "须研究决定"
