"""What every page and endpoint shares: errors, visitors, languages, health."""
