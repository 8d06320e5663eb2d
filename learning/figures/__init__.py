"""Steps and sequences of them, drawn."""
