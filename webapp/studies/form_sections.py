"""In which order, and under which headings, forms show the configuration of a study."""

SECTIONS: tuple[tuple[str | None, tuple[str, ...]], ...] = (
    (None, ("slug", "former_slugs", "state", "title", "organiser", "controller", "contact", "ethics_approval")),
    ("Who finds it", ("listed", "minutes", "languages")),
    (
        "Photos of a participant",
        (
            "episodes_per_photo",
            "count_by_condition",
            "photos_per_participant",
            "order",
            "lease_minutes",
            "repeat_share",
            "repeat_distance",
            "attention_items",
            "failed_items_allowed",
        ),
    ),
    ("Tasks", ("tasks", "questionnaires")),
    (
        "The game",
        (
            "maximum_steps",
            "filters",
            "allow_untouched",
            "tutorial",
            "reveal",
            "agent",
            "personal_agents",
            "public_replays",
            "allow_downloads",
            "download_metadata",
            "conditions",
        ),
    ),
    ("Devices", ("least_width", "least_height", "allow_touch")),
    (
        "Texts",
        ("consent_text", "consent_boxes", "consent_version", "debriefing", "translations", "data_licence"),
    ),
    (
        "Recruitment",
        (
            "entry_parameter",
            "entry_required",
            "return_link",
            "completion_code",
            "attention_code",
            "device_code",
            "full_code",
            "declined_code",
            "prolific_study",
        ),
    ),
    ("Payment", ("reward", "currency", "payment_days")),
    (
        "Quality",
        ("flag_seconds", "flag_untouched", "flag_identical", "flag_repeats", "flag_away", "flag_synthetic"),
    ),
    ("Data protection", ("identity_days", "retention_date")),
)
