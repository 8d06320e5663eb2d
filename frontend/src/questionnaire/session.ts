/** Answering a questionnaire: what is written is kept in the browser until the server has all of it. */
import { signal, type Signal } from "@preact/signals";
import type { SurveyModel } from "survey-core";
import type { PageState } from "../answering/AnsweringFrame";
import { noticeFor } from "../answering/notices";
import type { Visit } from "../answering/visit";
import { newIdentifier } from "../game/events";
import { answersAddress, getQuestionnaire, type AnswersRequest } from "./api";
import { isDraft, surveyOf, type Draft, type Values } from "./survey";

export interface QuestionnaireState {
  readonly page: Signal<PageState>;
  readonly survey: Signal<SurveyModel | null>;
}

export function createState(): QuestionnaireState {
  return { page: signal<PageState>("loading"), survey: signal<SurveyModel | null>(null) };
}

export class QuestionnaireSession {
  private name = "";
  /** What the clock showed when the questions were shown, less the time that earlier visits spent on them. */
  private began = 0;

  constructor(
    private readonly state: QuestionnaireState,
    private readonly visit: Visit,
    private readonly language: string,
  ) {}

  /** Sends what an earlier visit has left, and shows the questions. */
  async open(): Promise<void> {
    await this.guarded(
      () => void this.open(),
      async () => {
        await this.visit.arrive();
        const { name, survey: json, player } = await getQuestionnaire(this.visit.study);
        if (json === null) {
          await this.visit.leave();
          return;
        }
        this.name = `${this.visit.study} ${player} ${name}`;
        const kept = await this.visit.store.draft(this.name).catch(() => undefined);
        const draft = isDraft(kept) ? kept : undefined;
        this.began = performance.now() - (draft?.ms ?? 0);
        this.show(surveyOf(json, this.language, draft), answersAddress(this.visit.study, name));
      },
    );
  }

  private show(survey: SurveyModel, address: string): void {
    const keep = () => {
      const draft: Draft = { values: valuesOf(survey), page: survey.currentPageNo, ms: this.elapsed() };
      void this.visit.store.keepDraft(this.name, draft).catch(() => undefined);
    };
    survey.onValueChanged.add(keep);
    survey.onCurrentPageChanged.add(() => {
      keep();
      window.scrollTo(0, 0);
    });
    survey.onComplete.add(() => void this.send(valuesOf(survey), address));
    this.state.survey.value = survey;
    this.state.page.value = "showing";
  }

  private async send(values: Values, address: string): Promise<void> {
    this.state.page.value = "sending";
    const key = newIdentifier();
    const body: AnswersRequest = { key, answers: values, ms: this.elapsed() };
    await this.visit.answer(key, address, body);
    await this.visit.store.removeDraft(this.name).catch(() => undefined);
    const leave = () =>
      this.guarded(
        () => void leave(),
        () => this.visit.leave(),
      );
    await leave();
  }

  private elapsed(): number {
    return Math.max(0, Math.round(performance.now() - this.began));
  }

  /** Does the work; where it fails, says why on the page, with a way on. */
  private async guarded(again: () => void, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.state.page.value = noticeFor(error, this.visit.study, again);
    }
  }
}

function valuesOf(survey: SurveyModel): Values {
  return survey.data as Values;
}
