from django.urls import path

from webapp.judging.api import JudgingView, TrialAnswerView, TrialPictureView

urlpatterns = [
    path("studies/<slug:slug>/judging/", JudgingView.as_view(), name="judging"),
    path("studies/<slug:slug>/trials/<uuid:trial_id>/", TrialAnswerView.as_view(), name="trial-answer"),
    path("trials/<uuid:trial_id>/pictures/<int:index>/", TrialPictureView.as_view(), name="trial-picture"),
]
