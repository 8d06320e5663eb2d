"""Static files under names that carry a hash of their content."""

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise is not typed
    """Hashed names once ``manage.py collectstatic`` has run; before that, plain names served from their sources."""

    # A file that came after the last collectstatic gets its plain name too, instead of an error.
    manifest_strict = False

    def stored_name(self, name: str) -> str:
        collected = self.hash_key(self.clean_name(name)) in self.hashed_files
        return super().stored_name(name) if collected else name
