"""``python -m docs.planning``: the table of study sizes on the desk's settings page, from robots on made scenes.

It runs the commands that it stores beside the figures; it takes some minutes.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from learning.command_line import main

TABLE = Path(__file__).parents[1] / "webapp/desk/planning.json"
CASTS = ("hasty,careful,colourful,moody", "careful")
SCENES = ("synthetic-people", "-o", "scenes", "--people", "24", "--each", "40", "--scenes", "40")
PLAY = ("play", "--agent", "pretrained", "scenes", "-o", "play", "--samples", "5")


def planning() -> dict[str, Any]:
    """Return the commands, and what each pilot says of studies of several sizes."""
    commands = [SCENES, PLAY]
    commands += [
        ("power", photos, "--temperaments", cast, "--json", f"{photos}-{cast}.json")
        for cast in CASTS
        for photos in ("scenes", "play")
    ]
    with tempfile.TemporaryDirectory() as folder:
        for command in commands:
            here = {"scenes", "play"} | {word for word in command if word.endswith(".json")}
            words = [command[0], *(str(Path(folder) / word) if word in here else word for word in command[1:])]
            main.main(words, standalone_mode=False)
        pilots = [json.loads((Path(folder) / command[-1]).read_text()) for command in commands[2:]]
    return {"commands": [" ".join(("safelight", *command)) for command in commands], "pilots": pilots}


if __name__ == "__main__":
    TABLE.write_text(json.dumps(planning(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
