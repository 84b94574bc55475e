"""Who leases a job: a name for this process from which any process of the same machine can tell whether it still lives.

The name is ``<kernel>/<pid namespace>/<pid>/<start>/<serial>``. On Linux the kernel's boot id, the pid namespace and
the process's start time make it certain; elsewhere only the end of the lease tells (`is_dead` then says False).
"""

from __future__ import annotations

import os
import uuid
from functools import lru_cache
from pathlib import Path

_STATE, _START = 0, 19  # fields of /proc/<pid>/stat, counted behind the command's closing parenthesis


def new_owner() -> str:
    """Return a new name for a worker in this process."""
    return f"{machine()}/{os.getpid()}/{_start_of(os.getpid())}/{uuid.uuid4().hex[:12]}"


def is_dead(owner: str) -> bool:
    """Say whether the process of an owner is known to be gone: True only for one of this machine that can be looked
    up."""
    try:
        kernel, namespace, pid, start, _ = owner.split("/")
    except ValueError:
        return False
    if f"{kernel}/{namespace}" != machine() or not start:
        return False
    return _start_of(int(pid)) != start


@lru_cache(maxsize=1)
def machine() -> str:
    """Return the part of an owner's name that processes of this machine (and pid namespace) share."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{str(Path('/proc/self/ns/pid').readlink()).strip('pid:[]')}"
    except OSError:
        return f"{uuid.getnode():x}/"


def _start_of(pid: int) -> str:
    """Return the start time of a live process, an empty string if there is none or nothing can be known."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[_STATE] in "ZX" else fields[_START]
