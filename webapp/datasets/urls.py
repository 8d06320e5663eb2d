from django.urls import path

from webapp.datasets.sending import ArchiveView, FileView, VersionListView, VersionView
from webapp.datasets.sending_forms import FormListView, FormView

urlpatterns = [
    path("studies/<slug:slug>/versions/", VersionListView.as_view(), name="versions"),
    path("studies/<slug:slug>/versions/<int:number>/", VersionView.as_view(), name="version"),
    path("studies/<slug:slug>/versions/<int:number>/archive/", ArchiveView.as_view(), name="version-archive"),
    path("studies/<slug:slug>/versions/<int:number>/files/<str:file>", FileView.as_view(), name="version-single-file"),
    path("studies/<slug:slug>/versions/<int:number>/forms/", FormListView.as_view(), name="version-forms"),
    path("studies/<slug:slug>/versions/<int:number>/forms/<str:form>/", FormView.as_view(), name="version-form"),
]
