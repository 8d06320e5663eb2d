"""Backups of the database and of the photos, which are verified when they are written, and restored as a drill."""
