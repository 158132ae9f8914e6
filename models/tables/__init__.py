"""All tables; importing this package registers them."""

from models.tables.history import Command, Event, TransitionRule
from models.tables.inbound import Inbound, InboundFile, InboundPlace
from models.tables.judgement import Assessment, Ballot, Decision, Rectification, RectificationItem
from models.tables.organisation import Contact, Credential, FailedCode, Honour, Person, Recognition, Unit, UsedCode
from models.tables.panel import Assignment
from models.tables.post import Attempt, Holiday, Mail, Reminder, Setting, Task
from models.tables.programme import Cohort, Deadline, Project, Submission

__all__ = [
    "Assessment",
    "Assignment",
    "Attempt",
    "Ballot",
    "Cohort",
    "Command",
    "Contact",
    "Credential",
    "Deadline",
    "Decision",
    "Event",
    "FailedCode",
    "Holiday",
    "Honour",
    "Inbound",
    "InboundFile",
    "InboundPlace",
    "Mail",
    "Person",
    "Project",
    "Recognition",
    "Rectification",
    "RectificationItem",
    "Reminder",
    "Setting",
    "Submission",
    "Task",
    "TransitionRule",
    "Unit",
    "UsedCode",
]
