"""Save a record that has no trees."""

from __future__ import annotations

from statistics import median
from time import perf_counter_ns

from benchmarks.project.models import Untouched


def save(n: int) -> float:
    """Insert a record and change it again, so many times, and return the median microseconds of both together."""
    times = []
    for number in range(n):
        record = Untouched(name="Untouched", email="untouched@example.com", day="2027-03-01")
        began = perf_counter_ns()
        record.save()
        record.seats = number % 100
        record.save()
        times.append((perf_counter_ns() - began) / 1000)
    Untouched.objects.all().delete()
    return median(times)
