"""The agent: its networks, its state, how it acts, plays and is stored."""
