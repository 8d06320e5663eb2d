"""Programs of the documentation: what generates its references, its tables and its site."""
