"""The game: filters, parameters, rules and events, and what the browser is told of them."""
