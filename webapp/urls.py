"""Every address of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularSwaggerSplitView

from webapp.datasets import own_data
from webapp.desk.metrics import metrics
from webapp.desk.photos import photos_at_old_address
from webapp.desk.versions import published, published_archive, published_file, published_form, published_sample
from webapp.downloads.pages import finished, finished_file
from webapp.games.pages import home, replay
from webapp.http.health import healthz, livez, readyz
from webapp.http.languages import catalogue_script
from webapp.http.openapi import SchemaView
from webapp.judging.pages import judging_page
from webapp.photos.models import SHA256
from webapp.questionnaires.pages import questionnaire_page
from webapp.ratings.pages import profile, reveal
from webapp.recruiting.webhook import prolific_events
from webapp.studies import end_pages, pages

api: list[URLPattern | URLResolver] = [
    path("", include("webapp.games.urls")),
    path("", include("webapp.studies.urls")),
    path("", include("webapp.downloads.urls")),
    path("", include("webapp.ratings.urls")),
    path("", include("webapp.personal_agents.urls")),
    path("recruiting/prolific/", prolific_events, name="prolific-events"),
    path("", include("webapp.judging.urls")),
    path("", include("webapp.questionnaires.urls")),
    path("", include("webapp.datasets.urls")),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(), name="docs"),
]
urlpatterns = [
    # First, since a batch of events comes far more often than anything else.
    path("api/", include(api)),
    path("", home, name="home"),
    path("credits/", pages.credits_page, name="credits"),
    path("play/<slug:slug>/", pages.play, name="play"),
    path("finished/", finished, name="finished"),
    path("finished/<uuid:episode_id>.webp", finished_file, name="finished-thumbnail"),
    path("play/<slug:slug>/consent/", pages.consent_page, name="consent"),
    path("play/<slug:slug>/text/", pages.agreed_page, name="agreed"),
    path("play/<slug:slug>/declined/", end_pages.declined_page, name="declined"),
    path("play/<slug:slug>/end/", end_pages.end_page, name="end"),
    path("play/<slug:slug>/device/", end_pages.device_page, name="device"),
    path("play/<slug:slug>/full/", end_pages.full_page, name="full"),
    path("play/<slug:slug>/mine/", own_data.mine, name="mine"),
    path("play/<slug:slug>/mine.<str:form>", own_data.mine_file, name="mine-file"),
    path("play/<slug:slug>/withdraw/", own_data.withdraw_page, name="withdraw"),
    path("play/<slug:slug>/judging/", judging_page, name="judging-page"),
    path("play/<slug:slug>/questionnaire/", questionnaire_page, name="questionnaire-page"),
    path("play/<slug:slug>/reveal/", reveal, name="reveal-page"),
    path("play/<slug:slug>/profile/", profile, name="profile-page"),
    path("episodes/<uuid:episode_id>/", replay, name="replay-page"),
    path("data/<slug:slug>/<int:number>/", published, name="published"),
    path("data/<slug:slug>/<int:number>/archive.zip", published_archive, name="published-archive"),
    path("data/<slug:slug>/<int:number>/files/<str:file>", published_file, name="published-file"),
    path("data/<slug:slug>/<int:number>/forms/<str:form>.zip", published_form, name="published-form"),
    re_path(
        r"^data/(?P<slug>[-\w]+)/(?P<number>\d+)/samples/(?P<episode_id>[0-9a-f-]{36})-(?P<moment>before|after)\.webp$",
        published_sample,
        name="published-sample",
    ),
    path("desk/", include("webapp.desk.urls")),
    path("photos/", photos_at_old_address, name="photos"),
    re_path(rf"^photos/(?P<sha256>{SHA256})/(?P<look>game|bright)\.webp$", pages.thumbnail_file, name="thumbnail"),
    path("", include("webapp.logins.urls")),
    path("language/", set_language, name="set-language"),
    path("texts/<slug:language>/<slug:version>.js", catalogue_script, name="catalogue"),
    path("admin/", admin.site.urls),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
]
handler400 = "webapp.http.errors.bad_request"
handler403 = "webapp.http.errors.forbidden"
handler429 = "webapp.http.errors.too_many"  # which allauth looks for
handler404 = "webapp.http.errors.not_found"
handler500 = "webapp.http.errors.failed"
