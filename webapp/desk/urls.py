from django.urls import path, re_path

from webapp.desk import answers, configuring, episodes, history, members, overview, people, photos, studies
from webapp.photos.models import SHA256

urlpatterns = [
    path("", studies.desk, name="desk"),
    path("new/", studies.new_study, name="desk-new"),
    path("studies/<slug:slug>/", overview.study_page, name="desk-study"),
    path("studies/<slug:slug>/progress/", overview.live_progress, name="desk-progress"),
    path("studies/<slug:slug>/state/", overview.change_state, name="desk-state"),
    path("studies/<slug:slug>/copy/", studies.copy_study, name="desk-copy"),
    path("studies/<slug:slug>/configure/", configuring.configure_page, name="desk-configure"),
    path("studies/<slug:slug>/configuration.json", configuring.configuration_file, name="desk-configuration"),
    path("studies/<slug:slug>/configuration/", configuring.import_configuration, name="desk-import"),
    path("studies/<slug:slug>/photos/", photos.photos_page, name="desk-photos"),
    path("studies/<slug:slug>/photos/remove/", photos.remove_photos, name="desk-remove-photos"),
    re_path(
        rf"^studies/(?P<slug>[-\w]+)/photos/(?P<sha256>{SHA256})/attention/$",
        photos.attention_page,
        name="desk-attention",
    ),
    path("studies/<slug:slug>/people/", people.people_page, name="desk-people"),
    path("studies/<slug:slug>/people/<str:pseudonym>/", people.person_page, name="desk-person"),
    path("studies/<slug:slug>/people/<str:pseudonym>/judge/", people.judge_person, name="desk-judge"),
    path("studies/<slug:slug>/episodes/", episodes.episodes_page, name="desk-episodes"),
    path("studies/<slug:slug>/episodes/<uuid:episode_id>/", episodes.episode_page, name="desk-episode"),
    path("studies/<slug:slug>/episodes/<uuid:episode_id>/events.json", episodes.episode_events, name="desk-events"),
    path("studies/<slug:slug>/episodes/<uuid:episode_id>.webp", episodes.episode_picture, name="desk-picture"),
    path("studies/<slug:slug>/answers/", answers.answers_page, name="desk-answers"),
    path("studies/<slug:slug>/members/", members.members_page, name="desk-members"),
    path("studies/<slug:slug>/members/change/", members.change_member, name="desk-change-member"),
    path("studies/<slug:slug>/tokens/", members.tokens_page, name="desk-tokens"),
    path("studies/<slug:slug>/tokens/<int:key>/revoke/", members.revoke_token, name="desk-revoke-token"),
    path("studies/<slug:slug>/log/", history.log_page, name="desk-log"),
]
