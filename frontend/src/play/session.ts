/** A visit: joining the study, one photo after another, and each action of the player on its way to the server. */
import { batch } from "@preact/signals";
import {
  ApiError,
  fetchAhead,
  getDownloads,
  getNext,
  getPreview,
  getStudy,
  join,
  postEvents,
  Unreachable,
  type Batch,
  type NextPhoto,
  type Photo,
} from "../shared/api";
import { contract, type EventKind, type Parameters } from "../game/contract";
import { IllegalEvent, parseEvent, newIdentifier, type GameEvent } from "../game/events";
import { applyEvent, replay, EMPTY_GAME } from "../game/rules";
import { noticeFor } from "./notices";
import type { Outbox } from "./outbox";
import type { Store } from "./store";
import type { Turn } from "./turn";
import { shownPreview, type PlayState } from "./state";
import { playNotices } from "./texts";
import { cardIndexOf } from "../tutorial/course";
import type { Preview } from "../shared/preview";
import { FIT } from "../shared/view";
import { getReveals, pages } from "../viewing/api";
import type { Notice } from "../shared/NoticeCard";

/** What an event carries besides its kind. */
export type Details = Partial<Pick<GameEvent, "step" | "filter" | "parameters" | "gesture">>;

/** Resolves when what was last set in the state has been drawn; it waits for a page in the background. */
function drawn(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}

/** Size and kind of the screen and of what it shows, for the researcher: the contract's `view_parameters`. */
export function viewParameters({ width }: Pick<Preview, "width">): Parameters {
  return {
    viewport_width: window.innerWidth,
    viewport_height: window.innerHeight,
    pixel_ratio: window.devicePixelRatio,
    wide_gamut: Number(window.matchMedia("(color-gamut: p3)").matches),
    photo_width: width,
  };
}

/** Whole milliseconds since the episode began, within what the server takes: a page may stay open for a month. */
export function elapsed(began: number, now: number): number {
  return Math.min(Math.max(0, Math.round(now - began)), contract.maximum_ms);
}

export class Session {
  private episode = "";
  /** What the clock showed when the episode began, less the time that earlier visits spent on it. */
  private began = 0;
  /** The key of the next request to join: sent again when its answer was lost, it makes no second participant. */
  private joining = newIdentifier();
  /** The participant's pseudonym. */
  private player = "";
  /** The photo of which the larger preview was asked for. */
  private sharpened = "";
  /** What failed for want of an answer, and is tried again when the connection is back. */
  private unanswered: (() => void) | null = null;

  constructor(
    private readonly state: PlayState,
    private readonly slug: string,
    private readonly outbox: Outbox,
    private readonly store: Store,
    private readonly turn: Turn,
    /** Whether the player asked for the tutorial once more. */
    private practice = false,
  ) {}

  /** Joins the study, sends what an earlier visit has left, and shows the first photo, unless another window plays. */
  async open(): Promise<void> {
    await this.guarded(
      () => this.open(),
      async () => {
        if (!(await this.turn.ask())) {
          this.show(playNotices.otherWindow(() => void this.takeOver()));
          return;
        }
        const study = await getStudy(this.slug);
        this.state.study.value = study;
        if (study.contract_version !== contract.version) throw new IllegalEvent("stale_contract", "");
        await this.join(this.slug);
        // By now the server knows who asks, and under which condition they play.
        this.state.study.value = await getStudy(this.slug);
        const kept = await this.outbox.load(this.player);
        await this.outbox.flush();
        const lost = this.outbox.refusals;
        if (kept + lost > 0) {
          this.show(playNotices.leftBehind(kept, lost, () => void this.next()));
          return;
        }
        await this.offer();
      },
    );
  }

  /** Shows the next photo, or what is left of this one. */
  async next(): Promise<void> {
    await this.guarded(
      () => this.next(),
      () => this.offer(),
    );
  }

  /** Whether the player's actions count: the episode has begun and is not over. */
  get isOpen(): boolean {
    return this.state.game.value.status === "open" && this.state.page.value === "playing";
  }

  /** Whether something stands in the way of what was being loaded, such as another window that took over meanwhile. */
  private isInterrupted(): boolean {
    return this.state.page.peek() !== "loading";
  }

  /** Takes down one action: the reducer applies it, the outbox sends it. */
  record(kind: EventKind, details: Details = {}): void {
    const { game, photo, study } = this.state;
    if (photo.value === null) return;
    const event: GameEvent = {
      id: newIdentifier(),
      episode: this.episode,
      seq: game.value.nextSeq,
      kind,
      step: details.step ?? null,
      filter: details.filter ?? null,
      parameters: details.parameters ?? null,
      ms: kind === "start" ? 0 : elapsed(this.began, performance.now()),
      contract_version: contract.version,
      gesture: details.gesture ?? null,
    };
    game.value = applyEvent(game.value, event, study.value?.allow_untouched ?? false);
    this.outbox.add({ study: this.slug, photo: photo.value.id, player: this.player, event });
  }

  /** Takes down the size of the screen, and how many pixels the photo has on it. */
  recordView(): void {
    const preview = shownPreview(this.state);
    if (preview !== null) this.record("view", { parameters: viewParameters(preview) });
  }

  /** Fetches the larger preview of the photo, where there is one, and shows it in place of the other. */
  async sharpen(): Promise<void> {
    const { photo, preview, largePreview, view } = this.state;
    const asked = photo.value;
    if (asked?.large_preview_url == null || this.sharpened === asked.id) return;
    // Once: who gets none sees what there is.
    this.sharpened = asked.id;
    const large = await getPreview(asked.large_preview_url, "low").catch(() => null);
    const before = preview.value;
    if (large === null || before === null || photo.value !== asked) return;
    batch(() => {
      const { scale } = view.value;
      largePreview.value = large;
      // The photo stays as near as it was.
      if (scale !== null) view.value = { ...view.value, scale: (scale * before.width) / large.width };
    });
    if (this.isOpen) this.recordView();
  }

  /** Hands the picture in; once the server has all of it, the next photo appears. */
  async submit(): Promise<void> {
    const wasPractice = this.state.tutorial.value !== null;
    this.record("submit");
    this.state.page.value = "sending";
    await this.outbox.flush();
    // Unless the server has refused meanwhile, which says so on the page.
    if (this.state.page.peek() !== "sending") return;
    if (wasPractice) {
      this.endPractice();
      return;
    }
    void this.offerDownload();
    const photo = this.state.photo.peek()?.id;
    if (this.state.study.peek()?.reveal === "each" && (await this.reveals()).includes(photo ?? "")) {
      window.location.assign(pages.reveal(this.slug, photo));
    } else await this.next();
  }

  /** The photos of which the player has still to see what others made; none where that cannot be told now. */
  private async reveals(): Promise<readonly string[]> {
    if (this.state.study.peek()?.reveal === "off") return [];
    const reveals = await getReveals(this.slug).catch(() => []);
    return reveals.filter(({ answered }) => !answered).map(({ photo }) => photo);
  }

  /** What follows on the last photo. */
  private async ending({ progress, end }: NextPhoto): Promise<Notice> {
    if (end === "" && progress.done === 0) return playNotices.noPhotoYet();
    const goto = (address: string) => () => window.location.assign(address);
    if (end !== "") return playNotices.allDone(goto(end));
    if ((await this.reveals()).length > 0) return playNotices.lastPhotoToReveal(goto(pages.reveal(this.slug)));
    return playNotices.lastPhoto(goto(pages.profile(this.slug)));
  }

  /** Leaves the tutorial for the photos of the study; what was practised stays where it is. */
  async skipPractice(): Promise<void> {
    this.forgetPractice();
    await this.next();
  }

  /** Between the practice photo and the first that counts. */
  private endPractice(): void {
    this.forgetPractice();
    const left = this.state.progress.value?.total ?? 0;
    this.clear();
    this.show(playNotices.practised(left, () => void this.next()));
  }

  /** It was asked for once: a reload from here on goes on with the photos of the study. */
  private forgetPractice(): void {
    this.practice = false;
    window.history.replaceState(null, "", window.location.pathname);
  }

  /** Shows how the picture that was handed in can be had at full size, where the study offers that. */
  private async offerDownload(): Promise<void> {
    const { episode } = this;
    const { study, photo, handedIn } = this.state;
    if (study.value?.allow_downloads !== true || photo.value === null) return;
    handedIn.value = null;
    // Who hears nothing now finds it among the finished pictures.
    const downloads = await getDownloads(episode).catch(() => null);
    if (downloads !== null) handedIn.value = { episode, reason: downloads.reason };
  }

  /** Goes on in this window with what another one plays. */
  async takeOver(): Promise<void> {
    this.state.page.value = "loading";
    await this.turn.take();
    await this.open();
  }

  /** Another window goes on. */
  async leave(): Promise<void> {
    this.show(playNotices.otherWindow(() => void this.takeOver()));
    await this.outbox.stop();
  }

  /** The connection has come back. */
  reconnected(): void {
    this.outbox.hurry();
    this.unanswered?.();
  }

  /** Sends events. Where the session has ended, the ticket brings the participant back, and nobody notices. */
  async send(episode: string, batched: Batch, keepalive = false): Promise<void> {
    try {
      await postEvents(episode, batched, keepalive);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "not_joined" || (await this.ticket()) === "") throw error;
      const { player } = this;
      await this.join(batched.study);
      if (this.player !== player) throw error;
      await postEvents(episode, batched, keepalive);
    }
  }

  /** The server will never take the events of this episode. */
  refused(episode: string, error: ApiError): void {
    if (episode === this.episode) this.show(this.noticeFor(error, () => this.next()));
  }

  private async join(study: string): Promise<void> {
    const { participant, ticket } = await join(study, await this.ticket(), this.joining);
    this.joining = newIdentifier();
    this.player = participant;
    await this.store.keepTicket(ticket).catch(() => undefined);
  }

  private show(notice: Notice): void {
    this.state.dialog.value = null;
    this.state.draft.value = null;
    this.state.page.value = notice;
  }

  /** Does the work; where it fails, says why on the page, with a way on. */
  private async guarded(again: () => Promise<void>, work: () => Promise<void>): Promise<void> {
    this.state.page.value = "loading";
    this.unanswered = null;
    try {
      await work();
    } catch (error) {
      if (error instanceof Unreachable) this.unanswered = () => void again();
      if (error instanceof Error) this.show(this.noticeFor(error, again));
      else throw error;
    }
  }

  private async offer(): Promise<void> {
    const offer = await getNext(this.slug, this.practice);
    this.state.progress.value = offer.progress;
    if (offer.contract_version !== contract.version) throw new IllegalEvent("stale_contract", "");
    if (offer.elsewhere !== "") {
      // Another task comes first: judging pictures, or a questionnaire.
      window.location.replace(offer.elsewhere);
      return;
    }
    if (offer.photo === null) {
      this.clear();
      this.show(await this.ending(offer));
      return;
    }
    await this.present(offer, offer.photo);
    if (offer.following !== null) void fetchAhead(offer.following.preview_url);
  }

  private clear(): void {
    const { photo, preview, largePreview, game, draft, comparing, split, view, replacing, instruction, tutorial } =
      this.state;
    this.episode = "";
    this.sharpened = "";
    photo.value = null;
    preview.value = null;
    largePreview.value = null;
    game.value = EMPTY_GAME;
    draft.value = null;
    comparing.value = false;
    split.value = null;
    view.value = FIT;
    replacing.value = false;
    instruction.value = "";
    tutorial.value = null;
  }

  private async present({ episode, tutorial, instruction }: NextPhoto, photo: Photo): Promise<void> {
    // What was played last stays in sight until the next photo is here.
    const preview = await getPreview(photo.preview_url);
    if (this.isInterrupted()) return;
    const events = (episode?.events ?? []).map(parseEvent);
    const game = replay(events, this.state.study.value?.allow_untouched);
    batch(() => {
      this.clear();
      this.state.photo.value = photo;
      this.state.preview.value = preview;
      this.state.game.value = game;
      this.state.instruction.value = instruction;
      if (tutorial !== null) this.state.tutorial.value = { ...tutorial, cardIndex: cardIndexOf(game), compared: false };
    });
    this.episode = episode?.id ?? newIdentifier();
    await drawn();
    if (this.isInterrupted()) return;
    this.began = performance.now() - (events.at(-1)?.ms ?? 0);
    this.state.page.value = "playing";
    this.record(game.status === "empty" ? "start" : "resume");
    this.recordView();
  }

  private noticeFor(error: Error, again: () => Promise<void>): Notice {
    const isClosed = this.state.study.value?.open === false;
    return noticeFor(error, { again: () => void again(), next: () => void this.next(), isClosed });
  }

  private ticket(): Promise<string> {
    return this.store.ticket().catch(() => "");
  }
}
