"""Who may act and how they prove it: states of a person, one-time codes (RFC 6238), the acts that ask for one."""

from datetime import timedelta

from config.vocabulary import Labelled


class PersonState(Labelled):
    """States of a person of the office or of a panel."""

    NEW = "new", "未登记"
    LISTED = "listed", "在岗"
    RETIRED = "retired", "已停用"


ISSUER = "一融双高"
"""What the authenticator app shows above the digits."""
DIGITS = 6
STEP_SECONDS = 30
"""Length of a time step; with six digits and SHA-1 the only profile that every authenticator app knows."""
DRIFT_STEPS = 1
"""Steps before and after that of submission which are accepted: a telephone's clock, and the time it takes to type."""
WRONG_CODES = 5
WRONG_WITHIN = timedelta(minutes=10)
LOCKED_FOR = timedelta(minutes=10)
"""So many wrong codes of one person within that time close the door to that person's codes for so long."""

CODE_TITLE = "动态口令"
CODE_HINT = "手机验证器上当前显示的六位数字"
COMMITTEE_DECISION = "committee_decision"
"""The committee's form is a flow of its own, not one of the acts."""
NEEDS_CODE = frozenset(
    {
        COMMITTEE_DECISION,
        "decision",
        "terminate",
        "extend",
        "supplement",
        "extend_rectification",
        "waive",
        "exempt",
        "release",
        "correct",
        "retract",
        "retract_many",
        "answer_objection",
        "void_decision",
        "grant_support",
        "commend",
        "retract_commendation",
        "erase_person",
    }
)
"""Acts that ask for a code: they decide about a project, move a deadline, make an exception, correct the record or erase a person."""
SEEN_TITLE = "所见最后一条记录的序号"
SEEN_HINT = "“查明缘由”末尾所列；填写后，此后又有新记录的不予办理，请重新查看"
ON_WHAT_WAS_SEEN = frozenset(
    {
        "initial_review",
        "waive",
        "suspend",
        "resume",
        "withdraw",
        "terminate",
        "correct",
        "answer_objection",
        "void_decision",
        "grant_support",
    }
)
"""Acts that decide about one project on what a person has seen of it: they take the number of its newest record (decision 0027)."""
