"""Trajectories of photo retouching, by people and agents: ``safelight.load("export")``.

    import safelight

    data = safelight.load("export")
    data.steps.to_pandas()                     # or .to_polars(), .to_arrow(); with columns=[...] only these are read
    data.render(data.episodes["id"][0])        # a picture
    data.torch(part="train")                   # a torch Dataset of states, actions and next states

Neither torch nor Django is imported until it is needed, nor pandas or polars.
"""

from editing.game.contract import contract
from safelight.data import DataSet, Table, load

__all__ = ["DataSet", "Table", "contract", "load"]
