from django.urls import path

from webapp.games.api import EpisodeView, EventsView, NextView

urlpatterns = [
    path("studies/<slug:slug>/next/", NextView.as_view(), name="next"),
    path("episodes/<uuid:episode_id>/", EpisodeView.as_view(), name="episode"),
    path("episodes/<uuid:episode_id>/events/", EventsView.as_view(), name="events"),
]
