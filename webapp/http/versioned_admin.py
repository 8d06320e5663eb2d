"""Forms of the admin that do not write over what was changed since they were opened, in another window, say."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, QueryDict

_CHANGED = (
    "This was changed since you opened the page, in the fields that are marked. Nothing was saved, and what you typed "
    "is still here. Save again to put it in place of what stands there now, or open the page anew to begin from that."
)


class VersionedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy alone
    """A form that carries what it was made from.

    Where that was changed meanwhile, it is refused once: with all that was typed, and beside each field that would be
    overwritten what stands there now.
    """

    made_from = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["made_from"] = self._digests(self.instance)

    def clean(self) -> dict[str, Any] | None:
        """Refuse what was made from another state than the stored one; the row stays locked until it is saved."""
        cleaned = super().clean()
        if self.instance.pk is None or not self.data.get(self.add_prefix("made_from")):
            return cleaned
        stored = type(self.instance)._base_manager.select_for_update().get(pk=self.instance.pk)
        current = self._digests(stored)
        overwritten = [field for field in self._changed_fields(current) if self._would_change(field, stored)]
        for field in overwritten:
            self.add_error(field.name, f"Changed meanwhile. It is now: {field.value_from_object(stored)}")
        if overwritten:
            self.add_error(None, _CHANGED)
            data = cast(QueryDict, self.data).copy()
            data[self.add_prefix("made_from")] = current
            self.data = data
        return cleaned

    def _model_fields(self) -> list[models.Field[Any, Any]]:
        return [field for field in self.instance._meta.concrete_fields if field.name in self.fields]

    def _digests(self, instance: models.Model) -> str:
        """Return a digest of each field's value, as JSON."""
        values = {field.name: repr(field.value_from_object(instance)) for field in self._model_fields()}
        return json.dumps({name: hashlib.sha256(value.encode()).hexdigest()[:16] for name, value in values.items()})

    def _changed_fields(self, current: str) -> list[models.Field[Any, Any]]:
        try:
            made_from = json.loads(self.data[self.add_prefix("made_from")])
        except ValueError:
            made_from = None
        known, digests = made_from if isinstance(made_from, dict) else {}, json.loads(current)
        return [field for field in self._model_fields() if known.get(field.name) != digests[field.name]]

    def _would_change(self, field: models.Field[Any, Any], stored: models.Model) -> bool:
        """Whether the field is well filled, and with another value than the stored one."""
        if field.name not in self.cleaned_data:
            return False
        typed, value = self.cleaned_data[field.name], field.value_from_object(stored)
        if isinstance(typed, str) and isinstance(value, str):
            return typed.strip().splitlines() != value.strip().splitlines()
        return bool(typed != value)


class Versioned(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy alone
    """Edits rows by forms that carry what they were made from."""

    form = VersionedForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Add the hidden field, for those who may change the row."""
        fields = [name for name in super().get_fields(request, obj) if name != "made_from"]
        return [*fields, "made_from"] if self.has_change_permission(request, obj) else fields
