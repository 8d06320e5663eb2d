from django.urls import path

from webapp.questionnaires.api import AnswersView, QuestionnaireView

urlpatterns = [
    path("studies/<slug:slug>/questionnaire/", QuestionnaireView.as_view(), name="questionnaire"),
    path("studies/<slug:slug>/questionnaires/<slug:name>/", AnswersView.as_view(), name="answers"),
]
