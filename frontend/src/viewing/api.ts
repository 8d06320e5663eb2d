/** What the server tells of finished pictures: to compare, to sum up, and to watch again. */
import { json, parsed, post, studyAddress } from "../shared/api";
import type { PhotoOffer, Step } from "../shared/state";

/** A photo that can be shown as several people left it. */
export interface Reveal {
  /** The SHA-256 of its source. */
  readonly photo: string;
  readonly answered: boolean;
}

/** One of the pictures side by side. Who made it is not told before the favourite is chosen. */
export interface Treatment {
  readonly steps: readonly Step[];
  readonly made_by: "you" | "agent" | "person" | null;
  /** Where its replay can be watched. */
  readonly episode: string | null;
}

export interface Showing {
  readonly photo: PhotoOffer;
  readonly pictures: readonly Treatment[];
  /** The place of the favourite. */
  readonly answer: number | null;
}

/** What somebody, or several, did to some photos. */
export interface Style {
  readonly pictures: number;
  /** Of a picture, on average. */
  readonly steps: number;
  /** By filter: the share of the pictures that use it, and its place there on average, from 1. */
  readonly shares: Readonly<Record<string, number>>;
  readonly places: Readonly<Record<string, number>>;
  /** The mean luminance, 0 to 1, and the mean of red less blue, -1 to 1, of the pictures as shown. */
  readonly brightness: number;
  readonly warmth: number;
}

export type Whose = "you" | "others" | "agent";
export type Styles = Readonly<Record<Whose, Style | null>>;

export interface ReplayStep extends Step {
  /** With which an agent chose the filter. */
  readonly probability: number | null;
}

export interface Replay {
  readonly player: string;
  readonly own: boolean;
  readonly study: string;
  readonly photo: PhotoOffer;
  readonly handed_in: boolean;
  readonly steps: readonly ReplayStep[];
}

function revealAddress(study: string, photo: string): string {
  return `${studyAddress(study)}photos/${encodeURIComponent(photo)}/reveal/`;
}

/** The photos of which the player can be shown, by now, what others made. */
export async function getReveals(study: string): Promise<readonly Reveal[]> {
  const { reveals } = await json<{ readonly reveals: readonly Reveal[] }>(`${studyAddress(study)}reveals/`);
  return reveals;
}

/** The pictures of a photo: from now on the player counts as one who has seen what others make. */
export async function openReveal(study: string, photo: string): Promise<Showing> {
  return parsed(await post(study, revealAddress(study, photo), {}));
}

/** Stores which picture is liked best, after so many ms; who made which is told then. */
export async function answerReveal(study: string, photo: string, place: number, ms: number): Promise<Showing> {
  return parsed(await post(study, `${revealAddress(study, photo)}answer/`, { place, ms }));
}

export function getStyles(study: string): Promise<Styles> {
  return json(`${studyAddress(study)}profile/`);
}

export function getReplay(episode: string): Promise<Replay> {
  return json(`/api/episodes/${encodeURIComponent(episode)}/replay/`);
}

/** The pages of the site that lead on from here. */
export const pages = {
  start: "/",
  play: (study: string) => `/play/${encodeURIComponent(study)}/`,
  /** All photos one after the other, or one of them. */
  reveal: (study: string, photo?: string) =>
    `/play/${encodeURIComponent(study)}/reveal/${photo === undefined ? "" : `?photo=${photo}`}`,
  profile: (study: string) => `/play/${encodeURIComponent(study)}/profile/`,
  replay: (episode: string) => `/episodes/${encodeURIComponent(episode)}/`,
};
