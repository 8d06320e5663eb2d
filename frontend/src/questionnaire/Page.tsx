import { useLayoutEffect, useRef } from "preact/hooks";
import type { SurveyModel } from "survey-core";
import { renderSurvey } from "survey-js-ui";
import { AnsweringFrame } from "../answering/AnsweringFrame";
import type { Visit } from "../answering/visit";
import type { QuestionnaireState } from "./session";
import { questionnaireTexts } from "./texts";

/** The questions, as SurveyJS draws them. */
function Survey({ survey }: { readonly survey: SurveyModel }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (element.current !== null) renderSurvey(survey, element.current);
  }, [survey]);
  return <div class="questionnaire" ref={element} />;
}

interface Props {
  readonly state: QuestionnaireState;
  readonly visit: Visit;
}

/** A questionnaire, from its first page until its answers are stored. */
export function Page({ state, visit }: Props) {
  const survey = state.survey.value;
  return (
    <AnsweringFrame title={questionnaireTexts.title} page={state.page.value} saving={visit.queue.status}>
      {survey !== null && <Survey survey={survey} />}
    </AnsweringFrame>
  );
}
