"""The game as Gymnasium environments; importing this room registers them."""

import gymnasium

ENVIRONMENT_ID = "safelight/EditingGame-v0"

gymnasium.register(
    ENVIRONMENT_ID,
    entry_point="learning.environments.editing_game:EditingGame",
    vector_entry_point="learning.environments.vector:EditingGames",
)
