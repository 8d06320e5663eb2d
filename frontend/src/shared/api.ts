/** The server's JSON API. Every failure is an `ApiError` (the server refused) or an `Unreachable` (ask again later). */
import type { components } from "./api-schema";
import { DamagedPreview, unpackPreview, type Preview } from "./preview";

type Schemas = components["schemas"];

export type Study = Schemas["Study"];
export type Progress = Schemas["Progress"];
/** A photo as the server offers it; `id` is the SHA-256 of its source. */
export type Photo = Schemas["Photo"];
/** The photo to play next, with what is stored of it so far. */
export type NextPhoto = Schemas["Next"];
/** Consecutive events of one episode. */
export type Batch = Schemas["BatchRequest"];
export type Participant = Schemas["Participant"];
export type FileFormat = Schemas["FormatEnum"];
/** A finished picture at full size, in one format. */
export type Download = Schemas["Download"];
export type Downloads = Schemas["Downloads"];

/** The server refused by name: asking the same again does not help. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The number of the event that is refused, if it is one. */
    readonly seq: number | null = null,
  ) {
    super(message);
  }
}

/** No answer, or none that the game's server has given: the network, a proxy, a restart, too many requests. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  constructor(
    message: string,
    /** The milliseconds for which the server has asked to be left alone, by Retry-After; 0 if it has not. */
    readonly wait = 0,
  ) {
    super(message);
  }
}

/** The CSRF cookie is missing or out of date. Another request may bring a new one. */
class StaleToken extends Unreachable {}

/** What every request that changes something sends along, as Django set it in a cookie. */
export function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";
}

async function refusal(response: Response): Promise<Error> {
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: { code?: unknown; message?: unknown; seq?: unknown } } | null)?.error;
  const answered = `the server answered ${response.status}`;
  const wait = 1000 * (Number(response.headers.get("Retry-After")) || 0);
  // Whatever is not in the API's own form was said by something between the server and here.
  if (typeof error?.code !== "string" || response.status >= 500) return new Unreachable(answered, wait);
  if (error.code === "throttled") return new Unreachable(answered, wait);
  if (error.code === "csrf_failed") return new StaleToken(answered);
  const message = typeof error.message === "string" ? error.message : error.code;
  return new ApiError(response.status, error.code, message, typeof error.seq === "number" ? error.seq : null);
}

async function request(url: string, options: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch {
    throw new Unreachable("the server does not answer");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

export async function json<T>(url: string): Promise<T> {
  return parsed(await request(url));
}

export async function parsed<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw new Unreachable("the answer broke off");
  }
}

export function studyAddress(slug: string): string {
  return `/api/studies/${encodeURIComponent(slug)}/`;
}

/** Posts in play of a study, once more where the CSRF cookie had to be renewed, which reading the study does. */
export async function post(study: string, url: string, body: unknown, keepalive = false): Promise<Response> {
  const send = () =>
    request(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify(body),
      keepalive,
    });
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof StaleToken)) throw error;
    await request(studyAddress(study));
    return await send();
  }
}

export function getStudy(slug: string): Promise<Study> {
  return json(studyAddress(slug));
}

/**
 * Makes this session a participant of the study; one that joined stays the same participant, and a ticket of an earlier
 * joining brings back a participant whose session has ended.
 *
 * @param key random, of this joining: sent twice, it makes one participant
 */
export async function join(slug: string, ticket: string, key: string): Promise<Participant> {
  return parsed(await post(slug, `${studyAddress(slug)}join/`, { kind: "human", ticket, key }));
}

/**
 * The next photo to play, with the events of an episode that was left open.
 *
 * @param practice whether to go through the tutorial once more
 */
export function getNext(slug: string, practice = false): Promise<NextPhoto> {
  return json(`${studyAddress(slug)}next/${practice ? "?practice=true" : ""}`);
}

async function bytes(url: string, options?: RequestInit): Promise<ArrayBuffer> {
  const response = await request(url, options);
  const buffer = await response.arrayBuffer().catch(() => null);
  if (buffer === null) throw new Unreachable("the photo broke off");
  return buffer;
}

/** The linear pixels of a photo. Throws `DamagedPreview` where that is not what the server sends. */
export async function getPreview(url: string, priority: RequestPriority = "auto"): Promise<Preview> {
  try {
    return await unpackPreview(await bytes(url, { priority }));
  } catch (error) {
    if (!(error instanceof DamagedPreview)) throw error;
    // It may have been damaged in the browser's cache, which would give it for ever.
    return unpackPreview(await bytes(url, { cache: "reload" }));
  }
}

/** A picture as a screen shows it, by the browser's own decoder. */
export async function getPicture(url: string): Promise<ImageBitmap> {
  const file = new Blob([await bytes(url)], { type: "image/webp" });
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Unreachable("the picture broke off");
  }
}

/** Brings a preview into the browser's cache, from where `getPreview` takes it. It is no harm if that fails. */
export async function fetchAhead(url: string): Promise<void> {
  await bytes(url, { priority: "low" }).catch(() => undefined);
}

/**
 * Sends consecutive events of one episode; a batch that was stored before is answered as the first time.
 *
 * @param keepalive let the request outlive the page; browsers allow it 64 KiB
 */
export async function postEvents(episode: string, batch: Batch, keepalive = false): Promise<void> {
  await post(batch.study, `/api/episodes/${episode}/events/`, batch, keepalive);
}

function downloadsAddress(episode: string): string {
  return `/api/episodes/${episode}/downloads/`;
}

/** Whether a picture that was handed in can be had at full size, and how far those are that were asked for. */
export function getDownloads(episode: string): Promise<Downloads> {
  return json(downloadsAddress(episode));
}

/** Asks for a picture at full size; one that is under way or there is answered as it stands. */
export async function askForDownload(study: string, episode: string, format: FileFormat): Promise<Download> {
  return parsed(await post(study, downloadsAddress(episode), { format }));
}
