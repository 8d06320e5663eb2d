"""What is fixed of the networks beside their widths. Here is no torch: `learning.agent.numpy_agent` goes without it."""

from editing.game.filters import FILTERS
from editing.game.rules import STOP

# What an agent that may finish early chooses from; others from the filters, which come first.
ACTIONS = (*FILTERS, STOP)
KEEP = 0.5
LEAK = 0.2
# The 2018 program's parameters of a soft mask, which it never used: they keep the heads, and the golden file, its size.
MASK_OUTPUTS = 6
EXPLORATION = 0.05
# Which of an image's two dropout masks is whose.
ADJUSTING, CHOOSING = 0, 1
