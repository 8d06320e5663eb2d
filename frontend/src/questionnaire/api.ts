/** What the server asks, and the answers. */
import { json, studyAddress } from "../shared/api";
import type { components } from "../shared/api-schema";

type Schemas = components["schemas"];

export type Questionnaire = Schemas["Questionnaire"];
export type AnswersRequest = Schemas["AnswersRequest"];

/** The questionnaire that is asked now. */
export function getQuestionnaire(study: string): Promise<Questionnaire> {
  return json(`${studyAddress(study)}questionnaire/`);
}

export function answersAddress(study: string, name: string): string {
  return `${studyAddress(study)}questionnaires/${encodeURIComponent(name)}/`;
}
