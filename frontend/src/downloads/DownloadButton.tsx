import { useMemo } from "preact/hooks";
import type { Download, FileFormat } from "../shared/api";
import { Downloading, isComing } from "./downloading";
import { texts } from "./texts";

interface Props {
  readonly study: string;
  readonly episode: string;
  readonly requested?: readonly Download[];
}

/** The way to a finished picture at full size: asked for, in the works, there to be saved, or why not. */
export function DownloadButton({ study, episode, requested }: Props) {
  const downloading = useMemo(() => new Downloading(study, episode, requested), [study, episode]);
  const { state, format, reason, url } = downloading.shown.value;
  const coming = isComing(downloading.shown.value);
  return (
    <div class="download" data-state={state}>
      <select
        aria-label={texts.format}
        value={format}
        onChange={(event) => downloading.choose(event.currentTarget.value as FileFormat)}
      >
        {Object.entries(texts.formats).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      {url !== null ? (
        <a class="button primary" href={url} download>
          {texts.ready}
        </a>
      ) : coming ? (
        <span class="coming">{state === "working" ? texts.working : texts.queued}</span>
      ) : (
        <button type="button" class="button" onClick={() => void downloading.ask()}>
          {state === "failed" ? texts.again : texts.ask}
        </button>
      )}
      {reason !== "" && <p class="bad">{reason}</p>}
      <span class="unseen" role="status">
        {state === "ready" ? texts.there : coming ? texts.working : ""}
      </span>
    </div>
  );
}
