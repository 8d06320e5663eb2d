"""Settings that are lists, as rows of ordinary fields: one form for each entry, and errors beside its fields."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

MOST_ROWS = 50


class Row(forms.Form):
    """An entry of a setting, in ordinary fields. All are empty in a row that is to be added, and then it is none.

    Attributes:
        noun: what an entry is called.
    """

    noun: ClassVar[str] = "entry"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"about-{self.add_prefix(name)}"

    @property
    def heading(self) -> str:
        """What the entry is called."""
        named = next((self[name].value() for name in ("name", "language", "kind") if self._has(name)), None)
        return str(named or self.noun)

    def _has(self, name: str) -> bool:
        return name in self.fields and bool(self[name].value())

    @classmethod
    def split(cls, setting: Any) -> list[dict[str, Any]]:
        """Return what stands in the fields of each row, of the setting's value."""
        raise NotImplementedError

    @classmethod
    def join(cls, rows: Sequence[dict[str, Any]]) -> Any:
        """Return the setting's value, of what stands in the fields of each row.

        Raises:
            ValidationError: they do not go together.
        """
        raise NotImplementedError


class RowsWidget(forms.Widget):
    """Rows, as a page shows them; what is typed into them comes back as a formset."""

    is_rows = True  # for templates
    use_fieldset = True

    def __init__(self, row: type[Row], *, is_ordered: bool, blank: int) -> None:
        super().__init__()
        self._row = row
        options: dict[str, Any] = {
            "extra": blank,
            "can_delete": True,
            "can_order": is_ordered,
            "max_num": MOST_ROWS,
            "absolute_max": MOST_ROWS + 1,
        }
        self._formset = formset_factory(row, **options, validate_max=True)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the rows as they were sent."""
        return self._formset(data, prefix=name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Tell whether no rows were sent, not even none."""
        return f"{name}-TOTAL_FORMS" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the rows, with those that can be added."""
        formset = value if isinstance(value, BaseFormSet) else self.filled(name, value)
        if (attrs or {}).get("disabled"):
            for row in formset.forms:
                for field in row.fields.values():
                    field.disabled = True
        context = {"formset": formset, "noun": self._row.noun, "is_fixed": bool((attrs or {}).get("disabled"))}
        return render_to_string("desk/rows.html", context)

    def filled(self, name: str, setting: Any) -> Any:
        """Return the rows of a setting as it stands."""
        return self._formset(prefix=name, initial=self._row.split(setting))


class Rows(forms.Field):
    """A setting that is a list, or an object, in rows."""

    def __init__(self, row: type[Row], *, is_ordered: bool = False, blank: int = 1, **kwargs: Any) -> None:
        super().__init__(
            widget=cast(Any, RowsWidget(row, is_ordered=is_ordered, blank=blank)), required=False, **kwargs
        )
        self._row = row
        self._is_ordered = is_ordered

    def clean(self, value: Any) -> Any:
        """Return the setting's value.

        Raises:
            ValidationError: a row is wrong, as is said beside its field.
        """
        if not isinstance(value, BaseFormSet):  # fixed: as it stands
            return value
        if not value.is_valid():
            raise ValidationError(["Look at what is marked.", *value.non_form_errors()])
        forms_in_order = value.ordered_forms if self._is_ordered else value.forms
        kept = [form for form in forms_in_order if form.has_changed() and form not in value.deleted_forms]
        return self._row.join([form.cleaned_data for form in kept])

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether something else was typed."""
        return isinstance(data, BaseFormSet) and data.has_changed()
