/** What the server asks about pictures, and the answers. */
import { parsed, post, studyAddress } from "../shared/api";
import type { components } from "../shared/api-schema";

type Schemas = components["schemas"];

export type Judging = Schemas["Judging"];
/** What is shown at once. Nothing in it tells who made it. */
export type Trial = Schemas["Trial"];
export type JudgingKind = NonNullable<Judging["kind"]>;
export type TrialAnswer = Schemas["TrialAnswerRequest"];

/** What is left to judge now. */
export async function beginJudging(study: string): Promise<Judging> {
  return parsed(await post(study, `${studyAddress(study)}judging/`, {}));
}

export function trialAddress(study: string, trial: string): string {
  return `${studyAddress(study)}trials/${encodeURIComponent(trial)}/`;
}
