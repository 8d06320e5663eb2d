"""The files that all machines of a site share: on a disk, or in a bucket of S3."""
