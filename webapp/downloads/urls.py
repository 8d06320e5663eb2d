from django.urls import path

from webapp.downloads.api import DownloadsView, DownloadView

urlpatterns = [
    path("episodes/<uuid:episode_id>/downloads/", DownloadsView.as_view(), name="downloads"),
    path("episodes/<uuid:episode_id>/downloads/<slug:file_format>/", DownloadView.as_view(), name="download"),
]
