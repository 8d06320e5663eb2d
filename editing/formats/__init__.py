"""Exports in the forms of other programs and archives."""
