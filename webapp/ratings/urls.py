from django.urls import path, re_path

from webapp.photos.models import SHA256
from webapp.ratings.api import ProfileView, RevealAnswerView, RevealedPictureView, RevealsView, RevealView

_PHOTO = rf"^studies/(?P<slug>[-\w]+)/photos/(?P<sha256>{SHA256})"

urlpatterns = [
    path("studies/<slug:slug>/reveals/", RevealsView.as_view(), name="reveals"),
    re_path(rf"{_PHOTO}/reveal/$", RevealView.as_view(), name="reveal"),
    re_path(rf"{_PHOTO}/reveal/answer/$", RevealAnswerView.as_view(), name="reveal-answer"),
    path("reveals/<int:showing_id>/pictures/<int:index>/", RevealedPictureView.as_view(), name="revealed-picture"),
    path("studies/<slug:slug>/profile/", ProfileView.as_view(), name="profile"),
]
