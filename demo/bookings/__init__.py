"""Flights, seats and bookings."""
