/** What to say of an error, and the way on. */
import { ApiError, Unreachable } from "../shared/api";
import { IllegalEvent } from "../game/events";
import { DamagedPreview } from "../shared/preview";
import { NewerStore } from "./store";
import { texts } from "../shared/texts";
import type { Notice } from "../shared/NoticeCard";

export interface WaysOn {
  /** Does again what failed. */
  readonly again: () => void;
  /** Goes on to the next photo. */
  readonly next: () => void;
  /** Whether the study takes nobody new. */
  readonly isClosed: boolean;
}

function reload(): void {
  window.location.reload();
}

function noticeForRefusal({ code, message }: ApiError | IllegalEvent, { next, isClosed }: WaysOn): Notice {
  const { notices } = texts;
  switch (code) {
    case "stale_contract":
      return notices.stale(reload);
    case "study_closed":
      return notices.closed();
    case "consent_needed":
      // The server leads from there to the text.
      return notices.consentNeeded(reload);
    case "photo_removed":
      return notices.photoRemoved(next);
    case "not_joined":
      return isClosed ? notices.closed() : notices.notJoined(reload);
    case "closed":
    case "conflict":
    case "gap":
    case "other_episode_open":
    case "already_played":
      return notices.changedElsewhere(reload);
    case "not_found":
      return notices.notFound();
    default:
      return notices.refused(message, reload);
  }
}

export function noticeFor(error: Error, ways: WaysOn): Notice {
  const { notices } = texts;
  if (error instanceof Unreachable) return notices.unreachable(navigator.onLine, ways.again);
  if (error instanceof NewerStore) return notices.stale(reload);
  if (error instanceof DamagedPreview) return notices.damaged(error.message, ways.again);
  if (error instanceof ApiError || error instanceof IllegalEvent) return noticeForRefusal(error, ways);
  return notices.broken(error.message, reload);
}
