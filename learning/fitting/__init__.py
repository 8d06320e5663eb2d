"""Which steps lead from a photo to a finished picture of it: a search over orders of filters and their parameters."""
