"""Learning from people: a model of them, of what they prefer, and of each of them."""
