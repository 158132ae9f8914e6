"""Trying out with real mail: everything goes to one own mailbox, the true recipient stands in the subject; a wrong setting stops all."""

from email import message_from_bytes, policy

from config.settings import settings
from notifications.message import check_address, with_headers


def trial_mailbox() -> str:
    """Return the mailbox that takes all mail, or nothing; raises MessageError when the setting is no address."""
    given = settings().mail_test_to
    return check_address(given) if given else ""


def for_trial(mime: bytes, recipient: str, mailbox: str) -> bytes:
    """Return a copy of a mail to the own mailbox; the stored one stays as it is."""
    subject = message_from_bytes(mime, policy=policy.SMTP)["Subject"] or ""
    return with_headers(mime, {"To": mailbox, "Subject": f"【测试：原收件人 {recipient}】{subject}"})
