"""Names for players that people can read, say and find again."""

import secrets

_ADJECTIVES = """
    amber ancient autumn bold brave bright brisk calm candid clear clever coral cosy crisp curious dapper deft distant
    dusky early eager easy fair faithful fine fleet fond frosty gentle gilded glad golden grand happy hardy hazel honest
    humble ivory jolly keen kind lilac lively lucid lunar merry mild misty modest noble olive patient pearl placid plain
    polite proud quick quiet rapid rosy royal rustic scarlet serene sharp silent silver simple sleek smooth snowy solar
    solid spry steady still sturdy subtle sunny swift tender tidy tranquil true velvet violet vivid warm wise witty
""".split()
_NOUNS = """
    alder aster badger beech birch bison brook canyon cedar clover condor cove crane creek cypress dahlia dale dove
    eagle egret elm falcon fern finch fjord forest fox gannet glade grove gull harbour hare hawk hazel heath heron hill
    ibis iris island juniper kestrel lagoon lake lark laurel linden lynx magpie maple marsh marten meadow mesa moor moss
    oak oriole osprey otter owl pine plover pond poplar prairie puffin quail raven reed ridge river robin rowan sage
    salmon sparrow spruce starling stork swallow swan thistle thrush tundra valley walnut willow wolf wren yarrow yew
""".split()


def new_pseudonym() -> str:
    """Return a random name such as ``quiet-heron-48213``, one in 770 million; the database keeps it unique."""
    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_NOUNS)}-{secrets.randbelow(90_000) + 10_000}"
