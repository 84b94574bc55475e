"""What is put back in memory and in storage after a rollback."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.test.utils import isolate_apps

from meanwhile.forms.undo import Undo
from tests.shop.models import Booking, Customer


def test_a_new_record_is_new_again() -> None:
    booking = Booking(name="Ada")
    before = Undo([booking])
    booking.pk, booking.status, booking._state.adding, booking._state.db = 7, "received", False, "default"
    booking.customer = Customer(pk=3, name="Eve")
    before.undo()
    assert (booking.pk, booking.status, booking.customer) == (None, "draft", None)
    assert booking._state.adding
    assert booking._state.db is None


@isolate_apps("tests.shop")
def test_a_file_that_saving_stored_is_taken_out_of_the_storage_again(tmp_path: Path) -> None:
    class Photo(models.Model):
        file = models.FileField(storage=FileSystemStorage(tmp_path))

        class Meta:
            app_label = "shop"

    photo = Photo(file=ContentFile(b"png", name="me.png"))
    kept = Photo(file="kept.png")
    (tmp_path / "kept.png").write_bytes(b"png")
    before = Undo([photo, kept])
    for each in (photo, kept):
        Photo._meta.get_field("file").pre_save(each, add=True)
    assert (tmp_path / "me.png").exists()
    before.undo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.png"]
    Photo._meta.get_field("file").pre_save(photo, add=True)
    assert (tmp_path / "me.png").read_bytes() == b"png"


@pytest.mark.parametrize("relation", ["customer"])
def test_a_cached_relation_is_as_before(relation: str) -> None:
    ada = Customer(pk=1, name="Ada")
    booking = Booking(name="Ada", customer=ada)
    before = Undo([booking])
    setattr(booking, relation, Customer(pk=2, name="Eve"))
    before.undo()
    assert booking.customer is ada
    assert booking.customer_id == 1
