"""The site on one machine: PostgreSQL, server and worker, and the demo."""
