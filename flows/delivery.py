"""The flow that sends what is due; the delivery loop of ``creation up`` does the same without Prefect."""

from typing import Any

from prefect import flow

from config.settings import settings
from flows.plainly import plainly
from flows.runtime import engine, origin
from flows.steps.enclosing import enclosures
from flows.tasks import refresh_desk, shown
from notifications.delivery import DeliveryReport, deliver
from notifications.transport import SmtpAccount, Transport


@flow(name="发送邮件", persist_result=False)
@plainly
def delivery() -> dict[str, Any]:
    """Make up and send every mail that is due now. Safe to run beside other senders."""
    report = send_due()
    refresh_desk()
    return {"sent": report.sent, "failed": report.failed, "deferred": report.deferred, "unknown": report.unknown}


@shown("发送到期邮件")
def send_due() -> DeliveryReport:
    """Run one round of delivery."""
    account = SmtpAccount.from_settings(settings())
    return deliver(engine(), Transport(account), origin(), account.limits, enclose=enclosures)
