/** A visit: joining the study, one photo after another, and each action of the player on its way to the server. */
import { ApiError, getDownloads, getNext, getPreview, getStudy, join, Unreachable, type Offer } from "./api";
import { contract, type EventKind, type Parameters } from "./contract";
import { IllegalEvent, parseEvent } from "./events";
import { applyEvent, replay } from "./game";
import { newIdentifier } from "./identifiers";
import type { Outbox } from "./outbox";
import { EMPTY_GAME, type GameEvent, type Notice, type PhotoOffer, type PlayState } from "./state";
import { texts } from "./texts";
import { placeIn } from "./tutorial/course";

/** What an event carries besides its kind. */
export type Details = Partial<Pick<GameEvent, "step" | "filter" | "parameters">>;

/** Resolves when what was last set in the state has been drawn; it waits for a page in the background. */
function drawn(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}

/** Size and kind of the screen, as context for the researcher: the contract's `view_parameters`. */
export function viewParameters(): Parameters {
  return {
    viewport_width: window.innerWidth,
    viewport_height: window.innerHeight,
    pixel_ratio: window.devicePixelRatio,
    wide_gamut: Number(window.matchMedia("(color-gamut: p3)").matches),
  };
}

export class Session {
  private episode = "";
  /** What the clock showed when the episode began, less the time that earlier visits spent on it. */
  private began = 0;

  constructor(
    private readonly state: PlayState,
    private readonly slug: string,
    private readonly outbox: Outbox,
    /** Whether the player asked for the tutorial once more. */
    private practice = false,
  ) {}

  /** Joins the study, sends what an earlier visit has left, and shows the first photo. */
  async open(): Promise<void> {
    await this.guarded(
      () => this.open(),
      async () => {
        const study = await getStudy(this.slug);
        this.state.study.value = study;
        if (study.contract_version !== contract.version) throw new IllegalEvent("stale_contract", "");
        // Who joined before a study was closed may still finish the photo that they have begun.
        if (study.open) await join(this.slug);
        await this.outbox.flush();
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
      ms: kind === "start" ? 0 : Math.round(performance.now() - this.began),
      contract_version: contract.version,
    };
    game.value = applyEvent(game.value, event, study.value?.allow_untouched ?? false);
    this.outbox.add({ study: this.slug, photo: photo.value.id, event });
  }

  /** Takes down the size of the screen. */
  recordView(): void {
    this.record("view", { parameters: viewParameters() });
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
    await this.next();
  }

  /** Leaves the tutorial for the photos of the study; what was practised stays where it is. */
  async skipPractice(): Promise<void> {
    this.practice = false;
    await this.next();
  }

  /** Between the practice photo and the first that counts. */
  private endPractice(): void {
    this.practice = false;
    const left = this.state.progress.value?.total ?? 0;
    this.clear();
    this.show(texts.notices.practised(left, () => void this.next()));
  }

  /** Shows how the picture that was handed in can be had at full size, where the study offers that. */
  private async offerDownload(): Promise<void> {
    const { episode } = this;
    const { study, photo, handedIn } = this.state;
    if (study.value?.allow_downloads !== true || photo.value === null) return;
    const { name } = photo.value;
    handedIn.value = null;
    // Who hears nothing now finds it among the finished pictures.
    const downloads = await getDownloads(episode).catch(() => null);
    if (downloads !== null) handedIn.value = { episode, photo: name, reason: downloads.reason };
  }

  /** The server will never take the events of this episode. */
  refused(episode: string, error: ApiError): void {
    if (episode === this.episode) this.show(this.noticeFor(error, () => this.next()));
  }

  private show(notice: Notice): void {
    this.state.dialog.value = null;
    this.state.draft.value = null;
    this.state.page.value = notice;
  }

  /** Does the work; where it fails, says why on the page, with a way on. */
  private async guarded(again: () => Promise<void>, work: () => Promise<void>): Promise<void> {
    this.state.page.value = "loading";
    try {
      await work();
    } catch (error) {
      if (error instanceof Error) this.show(this.noticeFor(error, again));
      else throw error;
    }
  }

  private async offer(): Promise<void> {
    const offer = await getNext(this.slug, this.practice);
    this.state.progress.value = offer.progress;
    if (offer.contract_version !== contract.version) throw new IllegalEvent("stale_contract", "");
    if (offer.photo === null) {
      this.clear();
      this.show(texts.notices.noPhotoLeft(offer.progress.done));
      return;
    }
    await this.present(offer, offer.photo);
  }

  private clear(): void {
    const { photo, preview, game, draft, comparing, replacing, tutorial } = this.state;
    this.episode = "";
    photo.value = null;
    preview.value = null;
    game.value = EMPTY_GAME;
    draft.value = null;
    comparing.value = false;
    replacing.value = false;
    tutorial.value = null;
  }

  private async present({ episode, tutorial }: Offer, photo: PhotoOffer): Promise<void> {
    this.clear();
    const preview = await getPreview(photo.preview_url);
    const events = (episode?.events ?? []).map(parseEvent);
    const game = replay(events, this.state.study.value?.allow_untouched);
    this.episode = episode?.id ?? newIdentifier();
    this.state.photo.value = photo;
    this.state.preview.value = preview;
    this.state.game.value = game;
    if (tutorial !== null) this.state.tutorial.value = { ...tutorial, place: placeIn(game), compared: false };
    await drawn();
    this.began = performance.now() - (events.at(-1)?.ms ?? 0);
    this.state.page.value = "playing";
    this.record(game.status === "empty" ? "start" : "resume");
    this.recordView();
  }

  private noticeFor(error: Error, again: () => Promise<void>): Notice {
    const { notices } = texts;
    const reload = () => window.location.reload();
    const retry = () => void again();
    if (error instanceof Unreachable) return notices.unreachable(retry);
    if (!(error instanceof ApiError) && !(error instanceof IllegalEvent)) return notices.broken(error.message, retry);
    switch (error.code) {
      case "stale_contract":
        return notices.stale(reload);
      case "study_closed":
        return notices.closed();
      case "photo_removed":
        return notices.photoRemoved(() => void this.next());
      case "consent_needed":
        return notices.consentNeeded(() => window.location.assign(`/play/${this.slug}/consent/`));
      case "not_joined":
        return this.state.study.value?.open === false ? notices.closed() : notices.notJoined(reload);
      case "closed":
      case "conflict":
      case "gap":
      case "other_episode_open":
      case "already_played":
        return notices.otherWindow(reload);
      case "not_found":
        return notices.notFound();
      default:
        return notices.refused(error.message, reload);
    }
  }
}
