from django.urls import path, re_path

from webapp.personal_agents.api import PersonalAgentView, PersonalPictureView

urlpatterns = [
    path("studies/<slug:slug>/personal-agent/", PersonalAgentView.as_view(), name="personal-agent"),
    re_path(
        r"^studies/(?P<slug>[-\w]+)/personal-agent/(?P<key>[0-9]{1,9})/(?P<maker>you|agent)/$",
        PersonalPictureView.as_view(),
        name="personal-picture",
    ),
]
