/** Going through the photos: the pictures of one are shown, the favourite is chosen, and the next photo comes. */
import { batch, signal, type Signal } from "@preact/signals";
import { ApiError, fetchAhead, getPicture, getPreview } from "../shared/api";
import { answerReveal, getReveals, openReveal, pages, type Showing } from "../viewing/api";
import type { Darkroom } from "../viewing/darkroom";
import { noticeFor } from "../viewing/notices";
import type { Notice } from "../shared/NoticeCard";

export interface RevealState {
  readonly page: Signal<"loading" | "showing" | Notice>;
  readonly showing: Signal<Showing | null>;
  /** In the order of the pictures of `showing`. */
  readonly pictures: Signal<readonly ImageBitmap[]>;
  /** In the same order, the photo after each step of the picture; empty until it is told how they were made. */
  readonly strips: Signal<readonly (readonly ImageData[])[]>;
  /** The index of the picture that is marked and not sent yet. */
  readonly chosen: Signal<number | null>;
  /** Which of how many photos is shown, from 1. */
  readonly number: Signal<number>;
  readonly total: Signal<number>;
  /** The answer is on its way. */
  readonly sending: Signal<boolean>;
}

export function createState(): RevealState {
  return {
    page: signal<RevealState["page"]["value"]>("loading"),
    showing: signal<Showing | null>(null),
    pictures: signal<readonly ImageBitmap[]>([]),
    strips: signal<readonly (readonly ImageData[])[]>([]),
    chosen: signal<number | null>(null),
    number: signal(0),
    total: signal(0),
    sending: signal(false),
  };
}

/** The longer side of a picture in a strip of steps, in pixels. */
const STRIP_EDGE = 192;

export class RevealSession {
  private waiting: string[] = [];
  private shownAt = 0;

  /** @param only the one photo that is shown, between two that are played; all in turn where it is empty */
  constructor(
    private readonly state: RevealState,
    private readonly darkroom: Darkroom,
    private readonly study: string,
    private readonly only: string,
  ) {}

  /** Shows the first photo. */
  async open(): Promise<void> {
    await this.guarded(
      () => void this.open(),
      async () => {
        const reveals = this.only === "" ? await getReveals(this.study) : [{ photo: this.only, answered: false }];
        this.waiting = reveals.filter(({ answered }) => !answered).map(({ photo }) => photo);
        this.state.total.value = this.waiting.length;
        await this.showNext();
      },
    );
  }

  /** Shows the next photo; after the last one, goes on to the page that follows. */
  async next(): Promise<void> {
    await this.guarded(
      () => void this.next(),
      () => this.showNext(),
    );
  }

  choose(index: number): void {
    const { showing, chosen, sending } = this.state;
    const shown = showing.value;
    if (shown?.answer !== null || sending.value) return;
    if (index < shown.pictures.length) chosen.value = index;
  }

  /** Sends what was chosen; who made which, and how, is shown then. */
  async answer(): Promise<void> {
    const { showing, chosen, sending } = this.state;
    const [shown, index] = [showing.value, chosen.value];
    if (shown === null || index === null || sending.value) return;
    const ms = Math.round(performance.now() - this.shownAt);
    sending.value = true;
    await this.guarded(
      () => {
        this.state.page.value = "showing";
        void this.answer();
      },
      async () => {
        const told = await answerReveal(this.study, shown.photo.id, index, ms);
        const strips = await this.drawStrips(told);
        batch(() => {
          showing.value = told;
          this.state.strips.value = strips;
        });
      },
    );
    sending.value = false;
  }

  private async showNext(): Promise<void> {
    const photo = this.waiting[0];
    if (photo === undefined) {
      this.leave();
      return;
    }
    this.state.page.value = "loading";
    const showing = await openReveal(this.study, photo);
    const pictures = await Promise.all(showing.pictures.map(({ url }) => getPicture(url)));
    const strips = showing.answer === null ? [] : await this.drawStrips(showing);
    this.waiting.shift();
    batch(() => {
      this.state.showing.value = showing;
      this.state.pictures.value = pictures;
      this.state.strips.value = strips;
      this.state.chosen.value = showing.answer;
      this.state.number.value += 1;
      this.state.page.value = "showing";
    });
    window.scrollTo(0, 0);
    this.shownAt = performance.now();
    void fetchAhead(showing.photo.preview_url);
  }

  /** The photo after each step, of each picture, now that the steps are told. */
  private async drawStrips({ photo, pictures }: Showing): Promise<ImageData[][]> {
    const preview = await getPreview(photo.preview_url);
    this.darkroom.renderer.upload(preview);
    return pictures.map(({ steps }) => this.darkroom.strip(preview, steps ?? [], STRIP_EDGE));
  }

  /** Back to the game, or on to what all photos come to. */
  private leave(): void {
    window.location.replace(this.only === "" ? pages.profile(this.study) : pages.play(this.study));
  }

  /** Does the work; where it fails, says why on the page, with a way on. */
  private async guarded(again: () => void, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // A photo that cannot be shown any more is passed over.
      if (error instanceof ApiError && ["photo_removed", "nothing_to_compare"].includes(error.code)) {
        this.waiting.shift();
        await this.next();
      } else this.state.page.value = noticeFor(error, this.study, again);
    }
  }
}
