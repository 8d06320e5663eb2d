"""What every page and endpoint shares: errors, visitors, languages, an unavailable database."""
