"""A calendar entry for a deadline (iCalendar): all day, one alarm, the same UID for every version of one duty."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Alarm, Calendar, Event

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One deadline as it goes into a unit's calendar; ``sequence`` rises when the deadline moves."""

    uid: str
    sequence: int
    summary: str
    description: str
    due_on: date
    stamped_at: datetime


def calendar_entry(appointments: tuple[Appointment, ...]) -> bytes:
    """Return one iCalendar file (METHOD:PUBLISH) with an all-day entry per deadline."""
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
    event.add("dtstart", appointment.due_on)
    event.add("dtend", appointment.due_on + DAY)
    event.add("summary", appointment.summary)
    event.add("description", appointment.description)
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", appointment.summary)
    alarm.add("trigger", -DAY)
    event.add_component(alarm)
    return event
