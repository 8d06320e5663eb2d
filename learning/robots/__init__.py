"""Robots that play through the site's HTTP API."""
