"""Every closed set of words in the programme, each with the Chinese label that users read (architecture: one word per concept)."""

from config.vocabulary.labelled import Labelled
from config.vocabulary.mail import MAIL_CLASS, TROUBLED, AttemptPhase, InboundKind, MailClass, MailKind, MailState, RecipientRole
from config.vocabulary.office import ABOUT_A_MAIL, WRITTEN_TO, AuthMethod, ContactRole, DocumentKind, ListKind, PersonRole, TaskKind
from config.vocabulary.programme import (
    Achievement,
    AwardKind,
    BranchKind,
    DutyKind,
    HonourKind,
    Level,
    Outcome,
    OutputKind,
    OwedBy,
    PhaseKind,
    RecognitionKind,
    UnitKind,
    Verdict,
)
from config.vocabulary.screening import Consequence, NegativeAnswer, OutcomeForm
from config.vocabulary.states import CohortState, Machine, ProjectState, RectificationState, SubmissionState, UnitState

__all__ = [
    "ABOUT_A_MAIL",
    "MAIL_CLASS",
    "TROUBLED",
    "WRITTEN_TO",
    "Achievement",
    "AttemptPhase",
    "AuthMethod",
    "AwardKind",
    "BranchKind",
    "CohortState",
    "Consequence",
    "ContactRole",
    "DocumentKind",
    "DutyKind",
    "HonourKind",
    "InboundKind",
    "Labelled",
    "Level",
    "ListKind",
    "Machine",
    "MailClass",
    "MailKind",
    "MailState",
    "NegativeAnswer",
    "Outcome",
    "OutcomeForm",
    "OutputKind",
    "OwedBy",
    "PersonRole",
    "PhaseKind",
    "ProjectState",
    "RecipientRole",
    "RecognitionKind",
    "RectificationState",
    "SubmissionState",
    "TaskKind",
    "UnitKind",
    "UnitState",
    "Verdict",
]
