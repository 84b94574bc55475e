"""The booking form: a flight, a name, an address."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from demo.bookings.models import AllAtOnceBooking, Booking, Flight


class BookingForm(forms.ModelForm):
    flight = forms.ModelChoiceField(
        label=_("Flight"), queryset=Flight.objects.all(), empty_label=None, widget=forms.RadioSelect
    )

    class Meta:
        model = Booking
        fields = ["flight", "name", "email"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }


class AllAtOnceForm(BookingForm):
    class Meta(BookingForm.Meta):
        model = AllAtOnceBooking
