"""Episodes, steps and events as rows, in files that people and agents share."""
