class PhotoError(ValueError):
    """A photo that cannot be read. The message is one line for the person who brought it: what is wrong, what to do."""
