from django.contrib import admin

from webapp.http.read_only_admin import ReadOnly
from webapp.questionnaires.models import Answers


@admin.register(Answers)
class AnswersAdmin(ReadOnly):
    list_display = ("questionnaire", "participation", "language", "ms", "made")
    list_filter = ("participation__study", "questionnaire")
    list_select_related = ("participation__participant", "participation__study")
