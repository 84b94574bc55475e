"""Where a tree on Received is reached."""

from __future__ import annotations

from django.urls import reverse


def path_of(key: str) -> str:
    """Return the path of the address of a tree. Raises `NoReverseMatch` if the project includes no ``meanwhile.urls``.

    >>> path_of("order-received")
    '/meanwhile/received/order-received/'
    """
    return reverse("meanwhile_received:received", args=[key])
