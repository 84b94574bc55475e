"""For the tests of your own project: run the background, assert what fired, hold the clock still.

Everything here works inside a `TestCase`, whose transaction is never committed, as well as in a `TransactionTestCase`
and with pytest-django's ``db`` and ``transactional_db``. No worker is needed, and none is started in tests.

    class BookingTests(TestCase):
        def test_a_booking_gets_a_seat(self):
            with fired() as log:
                booking = Booking.objects.create(name="Ada")
            log.assert_fired("booking-received", record=booking)
            log.assert_queued(1)
            run_background(raise_errors=True)
            booking.refresh_from_db()
            self.assertTrue(booking.ready)
"""

from __future__ import annotations

from meanwhile.clock import FixedClock
from meanwhile.testing.background import advance_to, inline_background, run_background
from meanwhile.testing.moments import clock_at
from meanwhile.testing.recording import Fired, fired
from meanwhile.testing.registered import use_trees
from meanwhile.testing.schedules import run_schedules
from meanwhile.testing.webhooks import SentWebhook, webhooks

__all__ = [
    "Fired",
    "FixedClock",
    "SentWebhook",
    "advance_to",
    "clock_at",
    "fired",
    "inline_background",
    "run_background",
    "run_schedules",
    "use_trees",
    "webhooks",
]
