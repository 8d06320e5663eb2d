/** What is said where a task cannot go on. */
import { ApiError, Unreachable } from "../shared/api";
import type { Notice } from "../shared/NoticeCard";
import { texts } from "../shared/texts";
import { pages } from "../viewing/api";
import { answeringTexts } from "./texts";

/** An error in plain words, with a way on. */
export function noticeFor(error: Error, study: string, again: () => void): Notice {
  const { notices } = answeringTexts;
  const toPlay = () => window.location.assign(pages.play(study));
  const reload = () => window.location.reload();
  if (error instanceof Unreachable) return texts.notices.unreachable(navigator.onLine, again);
  if (!(error instanceof ApiError)) return texts.notices.broken(error.message, reload);
  switch (error.code) {
    case "study_closed":
      return notices.closed();
    case "consent_needed":
      return texts.notices.consentNeeded(toPlay);
    case "not_joined":
      return notices.notJoined(toPlay);
    default:
      return notices.refused(error.message, reload);
  }
}
