from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse

from webapp.http.read_only_admin import ReadOnly
from webapp.recruiting.models import Payment, Poll, Submission
from webapp.recruiting.payments import bonus_lines, is_due, mark_paid
from webapp.recruiting.prolific import ProlificError
from webapp.recruiting.reviewing import approve
from webapp.studies.member_admin import OF_STUDY, ForMembers
from webapp.studies.members import Role
from webapp.studies.models import Participation


@admin.register(Submission)
class SubmissionAdmin(ForMembers, ReadOnly):
    study_lookup = "identity__study"
    list_display = ("participation", "status", "since", "has_done_all", "code", "approval_asked")
    list_filter = (("identity__study", admin.RelatedOnlyFieldListFilter), "status")
    list_select_related = ("identity__participation__study", "identity__participation__participant")
    exclude = ("identity", "submission_id")  # who they are at the recruiter
    actions = ("approve",)

    @admin.display(description="participation")
    def participation(self, submission: Submission) -> Participation:
        return submission.identity.participation

    @admin.display(boolean=True, description="done all here")
    def has_done_all(self, submission: Submission) -> bool:
        return submission.identity.participation.completed is not None

    def has_judge_permission(self, request: HttpRequest) -> bool:
        """Whether the user may say who is paid."""
        return request.user.has_perm("studies.change_participation")

    @admin.action(description="Approve at Prolific: those who have done all here", permissions=["judge"])
    def approve(self, request: HttpRequest, submissions: models.QuerySet[Submission]) -> None:
        """Ask Prolific to approve each submission."""
        try:
            own = submissions.filter(pk__in=self.rows(request, Role.EDITOR).values("pk"))
            result = approve(own.select_related("identity__participation__participant"))
        except ProlificError as error:
            messages.error(request, f"{error} {error.detail}")
            return
        messages.success(request, f"Asked for the approval of {result.asked}; Prolific does it soon.")
        for key, reason in result.refused.items():
            messages.error(request, f"{key} was refused: {reason}")


@admin.register(Payment)
class PaymentAdmin(ForMembers, ReadOnly):
    list_display = ("participation", "study", "purpose", "sum", "state", "since", "deadline", "paid")
    list_filter = (OF_STUDY, "purpose")
    list_select_related = ("study", "participation__study", "participation__participant")
    exclude = ("platform_id", "submission_id")
    actions = ("mark_paid", "bonus_file")

    def has_judge_permission(self, request: HttpRequest) -> bool:
        """Whether the user may say who is paid."""
        return request.user.has_perm("recruiting.change_payment")

    @admin.action(description="They were paid: forget whom they were for", permissions=["judge"])
    def mark_paid(self, request: HttpRequest, payments: models.QuerySet[Payment]) -> None:
        """Take down that the payments were made."""
        own = payments.filter(pk__in=self.rows(request, Role.EDITOR).values("pk"), withheld=False)
        messages.success(request, f"{mark_paid(own)} payments are paid.")

    @admin.action(description="Download the bonuses that are due, as Prolific takes them", permissions=["judge"])
    def bonus_file(self, request: HttpRequest, payments: models.QuerySet[Payment]) -> HttpResponse:
        """Send the bonuses among them."""
        own = payments.filter(pk__in=self.rows(request, Role.EDITOR).values("pk"))
        bonuses = is_due(own.filter(purpose=Payment.Purpose.BONUS, batch=""))
        headers = {"Content-Disposition": 'attachment; filename="bonuses.csv"', "Cache-Control": "no-store"}
        return HttpResponse(bonus_lines(bonuses), content_type="text/csv", headers=headers)


@admin.register(Poll)
class PollAdmin(ForMembers, ReadOnly):
    list_display = ("study", "tried", "succeeded", "problem")
