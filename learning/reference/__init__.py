"""The check against the 2018 program's own numbers."""
