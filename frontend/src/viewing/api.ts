/** What the server tells of finished pictures: to compare, to sum up, and to watch again. */
import { json, parsed, post, studyAddress } from "../shared/api";
import type { components } from "../shared/api-schema";

type Schemas = components["schemas"];

/** A photo that can be shown as several people left it. */
export type Reveal = Schemas["Reveal"];
/** One of the pictures side by side. Who made it, and how, is not told before the favourite is chosen. */
export type Treatment = Schemas["Picture"];
export type Showing = Schemas["Showing"];
/** What somebody, or several, did to some photos. */
export type Style = Schemas["Style"];
/** What others did to the photos that the player did too, and what the player did to the same ones. */
export type OthersStyle = Schemas["OthersStyle"];
export type Styles = Schemas["Profile"];
/** Whose pictures a style sums up. */
export type Group = keyof Styles;
/** The agent that edits like the player, as far as they may know of it. */
export type PersonalAgent = Schemas["PersonalAgent"];
/** The same photo by both. */
export type PersonalPair = Schemas["PersonalPair"];
export type Replay = Schemas["Replay"];
export type ReplayStep = Schemas["ReplayStep"];

function revealAddress(study: string, photo: string): string {
  return `${studyAddress(study)}photos/${encodeURIComponent(photo)}/reveal/`;
}

/** The photos of which the player can be shown, by now, what others made. */
export async function getReveals(study: string): Promise<readonly Reveal[]> {
  const { reveals } = await json<Schemas["Reveals"]>(`${studyAddress(study)}reveals/`);
  return reveals;
}

/** The pictures of a photo: from now on the player counts as one who has seen what others make. */
export async function openReveal(study: string, photo: string): Promise<Showing> {
  return parsed(await post(study, revealAddress(study, photo), {}));
}

/** Stores which picture is liked best, after so many ms; who made which is told then. */
export async function answerReveal(study: string, photo: string, picture: number, ms: number): Promise<Showing> {
  return parsed(await post(study, `${revealAddress(study, photo)}answer/`, { place: picture, ms }));
}

export function getStyles(study: string): Promise<Styles> {
  return json(`${studyAddress(study)}profile/`);
}

export function getPersonalAgent(study: string): Promise<PersonalAgent> {
  return json(`${studyAddress(study)}personal-agent/`);
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
