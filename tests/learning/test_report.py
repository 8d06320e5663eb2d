from tests.learning.snapshots import picture
def test_a():
    assert picture("x").shape
