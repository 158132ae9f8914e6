"""What the notice speaks of: units, awards, phases, duties, outcomes, honours."""

from config.vocabulary.labelled import Labelled


class UnitKind(Labelled):
    """Who can be a construction unit (notice I.1, II.1)."""

    SO = "so", "二级党组织"
    BRANCH = "branch", "党支部"


class BranchKind(Labelled):
    """Kinds of branch; staff stands for administration, logistics and retirees, which the notice does not name (R29)."""

    TEACHER = "teacher", "教师党支部"
    STUDENT = "student", "学生党支部"
    JOINT = "joint", "师生联合党支部"
    STAFF = "staff", "机关后勤离退休党支部"


class AwardKind(Labelled):
    """What a unit applies for (notice I.1, II.1)."""

    BENCHMARK_ORG = "benchmark_org", "标杆二级党组织"
    MODEL_BRANCH = "model_branch", "样板党支部"


AWARD_OF = {UnitKind.SO: AwardKind.BENCHMARK_ORG, UnitKind.BRANCH: AwardKind.MODEL_BRANCH}
"""What each kind of unit applies for (notice I.1, II.1)."""


class PhaseKind(Labelled):
    """The six phases of the notice; a kind may come twice in a cohort."""

    SELF_CHECK = "self_check", "自查测评"
    SUMMARY = "summary", "总结验收"
    REVIEW = "review", "审查评估"
    DECLARATION = "declaration", "申报认定"
    MID_TERM = "mid_term", "管理考核"
    CONSOLIDATION = "consolidation", "巩固推广"


class OwedBy(Labelled):
    """Who has to act: a construction unit, an SO for its branches (R41, R60), the office, the panel."""

    UNIT = "unit", "建设单位"
    SO = "so", "二级党组织"
    OFFICE = "office", "组织部"
    PANEL = "panel", "联评组"


class Creditor(Labelled):
    """To whom a duty is owed."""

    UNIT = "unit", "建设单位"
    SO = "so", "二级党组织"
    OFFICE = "office", "组织部"
    COMMITTEE = "committee", "学校党委"
    OBJECTOR = "objector", "异议人"


class DutyKind(Labelled):
    """What is owed: by units and SOs (one paper has two clocks, R60), then by the office and the panel."""

    HAND_IN = "hand_in", "报送"
    ENDORSE = "endorse", "审核报送"
    DECLARE = "declare", "组织申报"
    RECTIFY = "rectify", "限期整改"
    CHECK_PAPER = "check_paper", "材料核对"
    INITIAL_REVIEW = "initial_review", "初审"
    CHECK_NEGATIVE_LIST = "check_negative_list", "负面清单核查"
    VISIT = "visit", "实地考察"
    SCORE = "score", "评分"
    PROPOSE = "propose", "提请党委决定"
    BALLOT = "ballot", "登记党委决定"
    VERIFY = "verify", "整改核实"
    PUBLICITY = "publicity", "公示"
    ANSWER_OBJECTION = "answer_objection", "异议核实答复"
    VOID_DECISION = "void_decision", "提请撤销决定"
    GRANT_SUPPORT = "grant_support", "支持经费"
    RECORD_BASELINE = "record_baseline", "登记基线数据"
    TASK = "task", "待办"


class Outcome(Labelled):
    """What the Party committee can decide; acceptance and mid-term keep separate scales (finding 4 of the requirements)."""

    SELECTED = "selected", "入选培育创建"
    NOT_SELECTED = "not_selected", "未入选"
    PASSED = "passed", "中期考核合格"
    FAILED = "failed", "中期考核不合格"
    CONTINUED = "continued", "继续支持建设"
    ANOTHER_ROUND = "another_round", "再次限期整改"
    TERMINATED = "terminated", "终止支持建设"
    EXCELLENT = "excellent", "优秀"
    QUALIFIED = "qualified", "合格"
    DEFERRED = "deferred", "限期整改后再验收"
    NOT_ACCEPTED = "not_accepted", "不合格"


class Verdict(Labelled):
    """Result of one eligibility check."""

    PASS = "pass", "符合"
    WARN = "warn", "需说明"
    FAIL = "fail", "不符合"
    NOT_APPLICABLE = "not_applicable", "不适用"


class HonourKind(Labelled):
    """What counts for R24 and R32."""

    COMMENDATION = "commendation", "党组织表彰"
    APPRAISAL_GOOD = "appraisal_good", "述职评议“好”等次"


class Level(Labelled):
    """Level of an honour or recognition."""

    NATIONAL = "national", "国家级"
    PROVINCIAL = "provincial", "省级"
    SCHOOL = "school", "校级"
    COLLEGE = "college", "院级"


class Achievement(Labelled):
    """How far a target or a standard has been reached (R5–R7)."""

    ACHIEVED = "achieved", "达到"
    PARTLY = "partly", "部分达到"
    NOT_ACHIEVED = "not_achieved", "未达到"


class OutputKind(Labelled):
    """What a project has to show for its demonstration (R9)."""

    CARRIER = "carrier", "项目载体"
    PAPER = "paper", "论文"
    ARTICLE = "article", "文章"
    BOOK = "book", "专著"
    NEWS = "news", "宣传报道"
    CASE = "case", "案例推广"
    OTHER = "other", "其他"


class RecognitionKind(Labelled):
    """Earlier approvals that exclude an organisation (R42)."""

    BENCHMARK = "benchmark", "标杆院系"
    MODEL_BRANCH = "model_branch", "样板支部"
    DUAL_LEADER_STUDIO = "dual_leader_studio", "“双带头人”教师党支部书记工作室"
