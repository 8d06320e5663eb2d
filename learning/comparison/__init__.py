"""Agent against people: sides, statistics with intervals, and the report."""
