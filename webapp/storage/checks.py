"""That the bucket can be used is tried at each start: by `manage.py check`, which commands run first."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from webapp.storage.site_file import site_storage


@register
def check_bucket(**kwargs: Any) -> list[CheckMessage]:
    """Say why files cannot be saved in the bucket, if there is one."""
    reason = site_storage().why_unusable(by_writing=True)
    hint = "Look at S3_BUCKET, S3_ENDPOINT, S3_REGION and the keys; the key must read, write, list and delete."
    return [Error(f"S3_BUCKET cannot be used: {reason}.", hint=hint, id="safelight.E001")] if reason else []
