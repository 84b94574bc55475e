"""How many requests a minute, counted in Django's default cache.

With a cache that all processes share (Redis, Memcached, the database) it is one count; with the local-memory cache each
process counts by itself; with the dummy cache nothing is counted.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from django.core.cache import cache

MINUTE = 60

logger = logging.getLogger("meanwhile.received")


def seconds_to_wait(who: str, most: int, *, now: datetime) -> int:
    """Count one request of somebody, and return after how many seconds another one is allowed; 0 if this one is.

    ``most`` is how many a minute; 0 for any number. A cache that fails lets everything pass.
    """
    if not most:
        return 0
    moment = int(now.timestamp())
    name = f"meanwhile:received:{hashlib.sha256(who.encode()).hexdigest()[:32]}:{moment // MINUTE}"
    try:
        count = 1 if cache.add(name, 1, timeout=MINUTE * 2) else cache.incr(name)
    except ValueError:  # dropped in between, or kept by a cache that keeps nothing
        return 0
    except Exception:  # each cache has errors of its own
        logger.warning("The cache can't count requests", exc_info=True)
        return 0
    return MINUTE - moment % MINUTE if count > most else 0
