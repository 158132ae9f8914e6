"""first schema."""

import sqlalchemy as sa
from alembic import op

from models import guards


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database up."""
    op.create_table(
        "cohort",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("plan_sha256", sa.String(64), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "open",
                "closed",
                name="cohort_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "command",
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "call",
                "reminder",
                "urgent_reminder",
                "overdue",
                "escalation",
                "office_list",
                "returned",
                "receipt",
                "deadline_changed",
                "result_selected",
                "result_not_selected",
                "result_ineligible",
                "result_passed",
                "result_excellent",
                "result_qualified",
                "result_not_accepted",
                "rectification_order",
                "rectification_reminder",
                "reassessment_result",
                "office_notice",
                "digest",
                "panel_reminder",
                "defence_notice",
                "defence_panel",
                "decision_voided",
                "decision_changed",
                "heads_list",
                name="mail_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "mail_class",
            sa.Enum(
                "decide",
                "remind",
                "fyi",
                name="mail_class",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("mailbox", sa.String(254), nullable=False),
        sa.Column("recipient_unit", sa.String(40), nullable=True),
        sa.Column("send_on", sa.Date(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "ready",
                "leased",
                "sending",
                "sent",
                "unknown",
                "failed",
                "cancelled",
                "held",
                "expired",
                name="mail_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("mime", sa.LargeBinary(), nullable=True),
        sa.Column("lease_owner", sa.String(120), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_code", sa.Integer(), nullable=True),
        sa.Column("last_text", sa.String(500), nullable=False),
        sa.Column("last_class", sa.String(20), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('leased','sending')) = (lease_owner IS NOT NULL)",
            name="ck_mail_lease",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("message_id"),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index("ix_mail_due", ["state", "not_before"], unique=False)

    op.create_table(
        "setting",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "wrong_address",
                "telephone",
                "confirm_delivery",
                "run_failed",
                "decision_repeated",
                "record_hand_in",
                "recheck_condition",
                "read_reply",
                name="task_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.String(40), nullable=True),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "transition_rule",
        sa.Column(
            "machine",
            sa.Enum(
                "cohort",
                "unit",
                "project",
                "submission",
                "rectification",
                "person",
                name="rule_machine",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("clause", sa.String(40), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("machine", "source", "event"),
        sa.UniqueConstraint(
            "machine", "source", "event", "target", name="uq_rule_whole"
        ),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "so",
                "branch",
                name="unit_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "branch_kind",
            sa.Enum(
                "teacher",
                "student",
                "joint",
                "staff",
                name="unit_branch_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("planned_end_on", sa.Date(), nullable=True),
        sa.Column("secretary_is_dual_leader", sa.Boolean(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "listed",
                "dissolved",
                name="unit_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_unit_parent_id"), ["parent_id"], unique=False
        )

    op.create_table(
        "attempt",
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column(
            "phase",
            sa.Enum(
                "intent",
                "accepted",
                "deferred",
                "refused",
                "lost",
                name="attempt_phase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("worker", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["mail.id"],
        ),
        sa.PrimaryKeyConstraint("mail_id", "epoch", "phase"),
    )
    op.create_table(
        "ballot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column(
            "phase",
            sa.Enum(
                "self_check",
                "summary",
                "review",
                "declaration",
                "mid_term",
                "consolidation",
                name="ballot_phase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("voided_because", sa.String(300), nullable=True),
        sa.Column("refusals", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"],
            ["cohort.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    with op.batch_alter_table("ballot", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ballot_cohort_id"), ["cohort_id"], unique=False
        )

    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "contact",
                "secretary",
                "named",
                name="contact_role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_unit_id"), ["unit_id"], unique=False
        )

    op.create_table(
        "deadline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(40), nullable=False),
        sa.Column("deliverable", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("internal_days", sa.Integer(), nullable=False),
        sa.Column("call_on", sa.Date(), nullable=False),
        sa.Column("ladder", sa.String(40), nullable=False),
        sa.Column("endorse_ladder", sa.String(40), nullable=True),
        sa.Column("basis", sa.String(300), nullable=False),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"],
            ["cohort.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "cohort_id",
            "phase",
            "deliverable",
            "subject",
            "version",
            name="uq_deadline_version",
        ),
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deadline_cohort_id"), ["cohort_id"], unique=False
        )

    op.create_table(
        "event",
        sa.Column("stream", sa.String(160), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prev_seq", sa.Integer(), nullable=True),
        sa.Column(
            "machine",
            sa.Enum(
                "cohort",
                "unit",
                "project",
                "submission",
                "rectification",
                "person",
                name="event_machine",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("command_id", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column(
            "auth_method",
            sa.Enum(
                "declared",
                "one_time_code",
                "system",
                name="event_auth_method",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("origin", sa.String(160), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clause", sa.String(40), nullable=False),
        sa.CheckConstraint(
            "(seq = 1 AND prev_seq IS NULL AND prev_hash IS NULL AND source = 'new') OR (seq > 1 AND prev_seq = seq - 1 AND prev_seq IS NOT NULL AND prev_hash IS NOT NULL AND source <> 'new')",
            name="ck_event_first",
        ),
        sa.ForeignKeyConstraint(
            ["machine", "source", "event", "target"],
            [
                "transition_rule.machine",
                "transition_rule.source",
                "transition_rule.event",
                "transition_rule.target",
            ],
            name="fk_event_rule",
        ),
        sa.ForeignKeyConstraint(
            ["stream", "prev_seq", "machine", "source", "prev_hash"],
            [
                "event.stream",
                "event.seq",
                "event.machine",
                "event.target",
                "event.hash",
            ],
            name="fk_event_previous",
        ),
        sa.PrimaryKeyConstraint("stream", "seq"),
        sa.UniqueConstraint("command_id"),
        sa.UniqueConstraint(
            "stream", "seq", "machine", "target", "hash", name="uq_event_link"
        ),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_recorded_at", ["recorded_at"], unique=False)

    op.create_table(
        "honour",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "commendation",
                "appraisal_good",
                name="honour_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "national",
                "provincial",
                "school",
                "college",
                name="honour_level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.Column("to_secretary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("honour", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_honour_unit_id"), ["unit_id"], unique=False
        )

    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "admin",
                "panel",
                name="person_role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "listed",
                "retired",
                name="person_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("email", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column(
            "award_kind",
            sa.Enum(
                "benchmark_org",
                "model_branch",
                name="project_award_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "draft",
                "declared",
                "ineligible",
                "shortlisted",
                "not_selected",
                "building",
                "rectifying",
                "under_acceptance",
                "accepted",
                "not_accepted",
                "suspended",
                "terminated",
                "withdrawn",
                name="project_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"],
            ["cohort.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("cohort_id", "unit_id", name="uq_project_unit"),
    )
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.create_index(
            "ix_project_standing",
            ["cohort_id", "award_kind", "state"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_project_unit_id"), ["unit_id"], unique=False
        )

    op.create_table(
        "recognition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "benchmark",
                "model_branch",
                "dual_leader_studio",
                name="recognition_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "national",
                "provincial",
                "school",
                "college",
                name="recognition_level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("recognition", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recognition_unit_id"), ["unit_id"], unique=False
        )

    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "call",
                "reminder",
                "urgent_reminder",
                "overdue",
                "escalation",
                "office_list",
                "returned",
                "receipt",
                "deadline_changed",
                "result_selected",
                "result_not_selected",
                "result_ineligible",
                "result_passed",
                "result_excellent",
                "result_qualified",
                "result_not_accepted",
                "rectification_order",
                "rectification_reminder",
                "reassessment_result",
                "office_notice",
                "digest",
                "panel_reminder",
                "defence_notice",
                "defence_panel",
                "decision_voided",
                "decision_changed",
                "heads_list",
                name="reminder_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("cohort", sa.String(20), nullable=False),
        sa.Column("phase", sa.String(40), nullable=False),
        sa.Column("project", sa.String(40), nullable=True),
        sa.Column("unit", sa.String(40), nullable=True),
        sa.Column("deliverable", sa.String(40), nullable=True),
        sa.Column("duty", sa.String(160), nullable=True),
        sa.Column("rung", sa.String(20), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "contact",
                "secretary",
                "so_contact",
                "so_secretary",
                "office",
                "person",
                name="reminder_role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("clause", sa.String(40), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("dropped_because", sa.String(200), nullable=True),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["mail.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reminder_cohort"), ["cohort"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_reminder_mail_id"), ["mail_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_reminder_planned_on"), ["planned_on"], unique=False
        )

    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column(
            "phase",
            sa.Enum(
                "self_check",
                "summary",
                "review",
                "declaration",
                "mid_term",
                "consolidation",
                name="assessment_phase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("part", sa.String(40), nullable=False),
        sa.Column("round_no", sa.Integer(), nullable=False),
        sa.Column("assessor", sa.String(60), nullable=False),
        sa.Column("scores", sa.Text(), nullable=False),
        sa.Column("opinion", sa.String(2000), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "project_id",
            "phase",
            "part",
            "round_no",
            "assessor",
            name="uq_assessment_assessor",
        ),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assessment_project_id"), ["project_id"], unique=False
        )

    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=True),
        sa.Column(
            "phase",
            sa.Enum(
                "self_check",
                "summary",
                "review",
                "declaration",
                "mid_term",
                "consolidation",
                name="decision_phase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("round_no", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "selected",
                "not_selected",
                "passed",
                "failed",
                "continued",
                "another_round",
                "terminated",
                "excellent",
                "qualified",
                "deferred",
                "not_accepted",
                name="decision_outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("meeting", sa.String(200), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("basis", sa.String(300), nullable=False),
        sa.Column("recorded_by", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(
            ["ballot_id"],
            ["ballot.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "project_id", "phase", "round_no", name="uq_decision_round"
        ),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_decision_project_id"), ["project_id"], unique=False
        )

    op.create_table(
        "rectification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column(
            "after",
            sa.Enum(
                "selected",
                "not_selected",
                "passed",
                "failed",
                "continued",
                "another_round",
                "terminated",
                "excellent",
                "qualified",
                "deferred",
                "not_accepted",
                name="rectification_after",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("round_no", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "open",
                "answered",
                "verified",
                "reopened",
                "failed",
                name="rectification_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint(
            "project_id", "after", "round_no", name="uq_rectification_round"
        ),
    )
    with op.batch_alter_table("rectification", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rectification_project_id"), ["project_id"], unique=False
        )

    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(120), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("deliverable", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("endorsed_on", sa.Date(), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "awaiting_endorsement",
                "handed_in",
                "complete",
                "returned",
                "released",
                name="submission_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint(
            "project_id", "deliverable", "version", name="uq_submission_version"
        ),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(
            "ix_submission_standing", ["deliverable", "state"], unique=False
        )

    op.create_table(
        "rectificationitem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rectification_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("answer", sa.String(2000), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(
            ["rectification_id"],
            ["rectification.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("rectification_id", "number", name="uq_rectification_item"),
    )
    with op.batch_alter_table("rectificationitem", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rectificationitem_rectification_id"),
            ["rectification_id"],
            unique=False,
        )

    op.create_table(
        "credential",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.String(300), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "usedcode",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(160), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id", "step"),
    )
    op.create_table(
        "failedcode",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("origin", sa.String(160), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("failedcode", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_failedcode_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "inbound",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "reply",
                "auto_reply",
                "bounce",
                "delayed",
                "delivered",
                "other",
                name="inbound_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("sender", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inbound_mail_id"), ["mail_id"], unique=False
        )

    op.create_table(
        "inboundfile",
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("submission", sa.String(120), nullable=True),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"]),
        sa.PrimaryKeyConstraint("inbound_id", "number"),
    )
    op.create_table(
        "inboundplace",
        sa.Column("place", sa.String(300), nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"]),
        sa.PrimaryKeyConstraint("place"),
    )
    with op.batch_alter_table("inboundplace", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inboundplace_inbound_id"), ["inbound_id"], unique=False
        )

    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column(
            "phase",
            sa.Enum(
                "self_check",
                "summary",
                "review",
                "declaration",
                "mid_term",
                "consolidation",
                name="assignment_phase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("part", sa.String(40), nullable=False),
        sa.Column("round_no", sa.Integer(), nullable=False),
        sa.Column("assessor", sa.String(60), nullable=False),
        sa.Column("panel", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project_id", "phase", "part", "round_no", "assessor", name="uq_assignment_assessor"),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assignment_project_id"), ["project_id"], unique=False
        )

    for sql in guards.statements(op.get_bind().dialect.name):
        op.execute(sql)


def downgrade() -> None:
    """Not offered: the history is never taken back."""
    raise NotImplementedError
