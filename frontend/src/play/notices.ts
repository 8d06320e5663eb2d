/** What to say of an error, and the way on. */
import { ApiError, Unreachable } from "../shared/api";
import { IllegalEvent } from "../game/events";
import { DamagedPreview } from "../shared/preview";
import { NewerStore } from "./store";
import { texts } from "../shared/texts";
import { playNotices } from "./texts";
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

function home(): void {
  window.location.assign("/");
}

function noticeForRefusal({ code, message }: ApiError | IllegalEvent, { next, isClosed }: WaysOn): Notice {
  switch (code) {
    case "stale_contract":
      return playNotices.stale(reload);
    case "study_closed":
      return playNotices.closed();
    case "consent_needed":
      // The server leads from there to the text.
      return texts.notices.consentNeeded(reload);
    case "photo_removed":
      return playNotices.photoRemoved(next);
    case "withdrawn":
      return playNotices.withdrawn(home);
    case "not_joined":
      return isClosed ? playNotices.closed() : playNotices.notJoined(reload);
    case "closed":
    case "conflict":
    case "gap":
    case "other_episode_open":
    case "already_played":
      return playNotices.changedElsewhere(reload);
    case "not_found":
      return playNotices.notFound();
    default:
      return playNotices.refused(message, reload);
  }
}

export function noticeFor(error: Error, ways: WaysOn): Notice {
  if (error instanceof Unreachable) return texts.notices.unreachable(navigator.onLine, ways.again);
  if (error instanceof NewerStore) return playNotices.stale(reload);
  if (error instanceof DamagedPreview) return playNotices.damaged(error.message, ways.again);
  if (error instanceof ApiError || error instanceof IllegalEvent) return noticeForRefusal(error, ways);
  return texts.notices.broken(error.message, reload);
}
