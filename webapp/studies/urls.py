from django.urls import path, re_path

from editing.photos.preview_transport import VERSION
from webapp.photos.models import SHA256
from webapp.studies.api import JoinView, LargePreviewView, PracticeView, PreviewView, StudyView
from webapp.studies.photo_api import PhotoListView, ReplacementView, StudyPhotoView

urlpatterns = [
    path("studies/<slug:slug>/", StudyView.as_view(), name="study"),
    path("studies/<slug:slug>/join/", JoinView.as_view(), name="join"),
    path("practice/", PracticeView.as_view(), name="practice"),
    path("photos/", PhotoListView.as_view(), name="photo-list"),
    re_path(rf"^studies/(?P<slug>[-\w]+)/photos/(?P<sha256>{SHA256})/$", StudyPhotoView.as_view(), name="study-photo"),
    re_path(
        rf"^studies/(?P<slug>[-\w]+)/photos/(?P<sha256>{SHA256})/replacement/$",
        ReplacementView.as_view(),
        name="photo-replacement",
    ),
    re_path(rf"^photos/(?P<sha256>{SHA256})/preview/{VERSION}/$", PreviewView.as_view(), name="preview"),
    re_path(
        rf"^photos/(?P<sha256>{SHA256})/preview/large/{VERSION}/$", LargePreviewView.as_view(), name="large_preview"
    ),
]
