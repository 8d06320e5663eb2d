from django.urls import path

from webapp.games.api import EpisodeView, EventsView, NextView
from webapp.games.replays import ReplayPreviewView, ReplayView

urlpatterns = [
    path("studies/<slug:slug>/next/", NextView.as_view(), name="next"),
    path("episodes/<uuid:episode_id>/", EpisodeView.as_view(), name="episode"),
    path("episodes/<uuid:episode_id>/events/", EventsView.as_view(), name="events"),
    path("episodes/<uuid:episode_id>/replay/", ReplayView.as_view(), name="replay"),
    path("episodes/<uuid:episode_id>/replay/preview/", ReplayPreviewView.as_view(), name="replay-preview"),
]
