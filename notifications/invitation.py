"""A calendar entry for a deadline (all day) or a defence (its hours): iCalendar, one alarm, the same UID for every version."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress

DAY = timedelta(days=1)
ALARM_BEFORE = timedelta(hours=15)
"""Before midnight of the due day: telephones ring at nine in the morning of the day before."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """One deadline or defence as it goes into a unit's calendar; ``sequence`` rises when it moves."""

    uid: str
    sequence: int
    summary: str
    description: str
    due_on: date
    stamped_at: datetime
    organiser: tuple[str, str]
    """Name and mailbox of who publishes it."""
    hours: tuple[datetime, datetime] | None = None
    """Its hours on the day (aware); None: all day."""
    place: str = ""


def calendar_entry(appointments: tuple[Appointment, ...]) -> bytes:
    """Return one iCalendar file (METHOD:PUBLISH) with an entry per deadline or defence."""
    calendar = Calendar()
    calendar.add("prodid", "-//creation//deadlines//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for appointment in appointments:
        calendar.add_component(_event(appointment))
    return bytes(calendar.to_ical())


def _event(appointment: Appointment) -> Event:
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.stamped_at)
    begins, ends = appointment.hours or (appointment.due_on, appointment.due_on + DAY)
    event.add("dtstart", begins)
    event.add("dtend", ends)
    if appointment.place:
        event.add("location", appointment.place)
    event.add("summary", appointment.summary)
    event.add("description", appointment.description)
    event.add("transp", "OPAQUE" if appointment.hours else "TRANSPARENT")
    event.add("organizer", _organiser(*appointment.organiser))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", appointment.summary)
    alarm.add("trigger", -ALARM_BEFORE)
    event.add_component(alarm)
    return event


def _organiser(name: str, mailbox: str) -> vCalAddress:
    """Return who publishes; an entry that is published must name somebody (RFC 5546, 3.2.1)."""
    found = vCalAddress(f"mailto:{mailbox}")
    found.params["CN"] = name
    return found
