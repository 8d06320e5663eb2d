"""A bucket that cannot be reached, told from a disk's errors without importing boto3."""


class StorageUnreachable(OSError):
    """The bucket does not answer, or refuses; the text says which and why."""
