/** What is said where a page cannot show what it is there for. */
import { ApiError, Unreachable } from "../shared/api";
import { texts } from "../shared/texts";
import { pages } from "./api";
import { viewingTexts } from "./texts";
import type { Notice } from "../shared/NoticeCard";

function link(address: string): () => void {
  return () => window.location.assign(address);
}

/** An error in plain words, with a way on. */
export function noticeFor(error: Error, study: string, again: () => void): Notice {
  const { notices } = viewingTexts;
  if (error instanceof Unreachable) return texts.notices.unreachable(true, again);
  if (!(error instanceof ApiError)) return texts.notices.broken(error.message, again);
  switch (error.code) {
    case "not_joined":
    case "not_played":
      return notices.notPlayed(link(pages.play(study)));
    case "consent_needed":
      // The page of play leads to the text.
      return texts.notices.consentNeeded(link(pages.play(study)));
    case "reveal_later":
      return notices.later(link(pages.play(study)));
    case "no_reveal":
    case "nothing_to_compare":
      return notices.nothing(link(pages.profile(study)));
    case "not_found":
      return notices.notFound(link(pages.start));
    default:
      return notices.refused(error.message, link(pages.start));
  }
}
