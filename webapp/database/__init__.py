"""Postgres as the site asks it: what Django's own backend for it does, at less cost where it is asked often."""
