"""What was answered to the questionnaires of a study, for researchers. Previews and who was rejected are left out."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from webapp.questionnaires.models import Answers
from webapp.studies.models import Study


@dataclass(frozen=True)
class QuestionResult:
    """What was answered to a question.

    Attributes:
        answers: how many have answered it.
        counts: by the answer, as JSON, how often it was given; the most frequent ones first.
    """

    questionnaire: str
    question: str
    answers: int
    counts: Mapping[str, int]


def question_results(study: Study, most: int = 12) -> list[QuestionResult]:
    """Return the results of each question that was answered, with at most so many different answers of each."""
    rows = Answers.objects.filter(participation__study=study, participation__preview=False)
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows.filter(participation__rejected=None).iterator():
        for question, value in row.values.items():
            counts[row.questionnaire, question][json.dumps(value, sort_keys=True, ensure_ascii=False)] += 1
    return [
        QuestionResult(questionnaire, question, counter.total(), dict(counter.most_common(most)))
        for (questionnaire, question), counter in sorted(counts.items())
    ]
