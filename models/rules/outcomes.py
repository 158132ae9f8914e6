"""What an outcome means: the event that it is for the project, and the letter that tells it (R18, R47, R52, R53)."""

from collections.abc import Mapping

from config.vocabulary import MailKind, Outcome

EVENTS: Mapping[Outcome, str] = {
    Outcome.SELECTED: "select",
    Outcome.NOT_SELECTED: "not_select",
    Outcome.PASSED: "pass_mid_term",
    Outcome.FAILED: "fail_mid_term",
    Outcome.CONTINUED: "continue_support",
    Outcome.ANOTHER_ROUND: "order_another_round",
    Outcome.TERMINATED: "terminate",
    Outcome.EXCELLENT: "accept",
    Outcome.QUALIFIED: "accept",
    Outcome.DEFERRED: "defer_acceptance",
    Outcome.NOT_ACCEPTED: "refuse_acceptance",
}
"""Outcome → event of the project."""

LETTERS: Mapping[Outcome, MailKind] = {
    Outcome.SELECTED: MailKind.RESULT_SELECTED,
    Outcome.NOT_SELECTED: MailKind.RESULT_NOT_SELECTED,
    Outcome.PASSED: MailKind.RESULT_PASSED,
    Outcome.FAILED: MailKind.RECTIFICATION_ORDER,
    Outcome.CONTINUED: MailKind.REASSESSMENT_RESULT,
    Outcome.ANOTHER_ROUND: MailKind.RECTIFICATION_ORDER,
    Outcome.TERMINATED: MailKind.REASSESSMENT_RESULT,
    Outcome.EXCELLENT: MailKind.RESULT_EXCELLENT,
    Outcome.QUALIFIED: MailKind.RESULT_QUALIFIED,
    Outcome.DEFERRED: MailKind.RECTIFICATION_ORDER,
    Outcome.NOT_ACCEPTED: MailKind.RESULT_NOT_ACCEPTED,
}
"""Outcome → letter."""
