/** A questionnaire as SurveyJS draws it: in the page's language, and without what would leave the page. */
import { Model, settings, SvgRegistry, type SurveyModel } from "survey-core";
import "survey-core/i18n/german";
import { questionnaireTexts } from "./texts";

/** Answers by the name of each question. */
export type Values = Readonly<Record<string, unknown>>;

/** What was answered so far, on which page, and for how long. */
export interface Draft {
  readonly values: Values;
  readonly page: number;
  readonly ms: number;
}

export function isDraft(value: unknown): value is Draft {
  const draft = value as Partial<Draft> | null | undefined;
  return typeof draft?.values === "object" && typeof draft.page === "number" && typeof draft.ms === "number";
}

/** Takes styles out of SurveyJS's icons (the timer's has some): the content security policy refuses them in markup. */
function withoutStyles(): void {
  for (const [id, icon] of Object.entries(SvgRegistry.icons)) {
    if (typeof icon === "string") SvgRegistry.icons[id] = icon.replace(/ style="[^"]*"/g, "");
  }
}

/**
 * The model of a questionnaire in SurveyJS's JSON.
 *
 * @param draft what an earlier visit has left
 */
export function surveyOf(json: unknown, language: string, draft: Draft | undefined): SurveyModel {
  withoutStyles();
  // Below its own page nothing moves by itself.
  settings.animationEnabled = false;
  const survey = new Model(json);
  survey.locale = language;
  survey.completeText = questionnaireTexts.complete;
  survey.showCompletePage = false;
  survey.questionErrorLocation = "bottom";
  // The page stays until the answers are stored, and nothing is kept elsewhere.
  survey.cookieName = "";
  survey.navigateToUrl = "";
  survey.navigateToUrlOnCondition.splice(0);
  if (draft !== undefined) {
    survey.data = draft.values;
    survey.currentPageNo = draft.page;
  }
  return survey;
}
