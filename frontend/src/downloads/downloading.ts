/** A finished picture at full size: asking for it, and waiting until it is there. */
import { signal, type Signal } from "@preact/signals";
import { askForDownload, getDownloads, Unreachable, type Download, type FileFormat } from "../shared/api";
import { texts } from "./texts";

/** How long to wait before the server is asked how far it is: longer each time, up to the last. */
const FIRST_WAIT_MS = 600;
const LONGEST_WAIT_MS = 5_000;

/** What is shown of a download; `none` as long as nobody asked for it. */
export type Shown = Omit<Download, "state"> & { readonly state: Download["state"] | "none" };

function nothing(format: FileFormat): Shown {
  return { format, state: "none", reason: "", url: null };
}

/** Whether it waits for its turn, or is in the works. */
export function isComing({ state }: Shown): boolean {
  return state === "queued" || state === "working";
}

export class Downloading {
  readonly shown: Signal<Shown>;

  /** @param requested the downloads of this episode that have been asked for already */
  constructor(
    private readonly study: string,
    private readonly episode: string,
    private readonly requested: readonly Download[] = [],
  ) {
    this.shown = signal<Shown>(requested[0] ?? nothing("jpeg"));
    if (isComing(this.shown.peek())) void this.wait();
  }

  choose(format: FileFormat): void {
    this.shown.value = this.requested.find((download) => download.format === format) ?? nothing(format);
    if (isComing(this.shown.peek())) void this.wait();
  }

  /** Asks for the picture in the format that is shown, and waits for it. */
  async ask(): Promise<void> {
    const { format } = this.shown.peek();
    this.shown.value = { ...nothing(format), state: "queued" };
    await this.wait(() => askForDownload(this.study, this.episode, format));
  }

  /** Asks the server, again and again, until the picture is there, or failed, or another format is chosen. */
  private async wait(first?: () => Promise<Download>): Promise<void> {
    const { format } = this.shown.peek();
    let ask = first ?? (() => this.look(format));
    for (let pause = FIRST_WAIT_MS; isComing(this.shown.peek()); pause = Math.min(1.5 * pause, LONGEST_WAIT_MS)) {
      const answer = await ask().catch((error: unknown) => error);
      if (this.shown.peek().format !== format) return;
      const asked = answer instanceof Unreachable ? answer.wait : 0;
      if (answer instanceof Error) {
        if (!(answer instanceof Unreachable)) this.fail(answer.message);
      } else {
        ask = () => this.look(format);
        this.shown.value = answer as Download;
      }
      if (isComing(this.shown.peek())) await new Promise((resolve) => setTimeout(resolve, Math.max(pause, asked)));
      if (this.shown.peek().format !== format) return;
    }
  }

  private async look(format: FileFormat): Promise<Download> {
    const { reason, downloads } = await getDownloads(this.episode);
    const download = downloads.find((each) => each.format === format);
    return download ?? { format, state: "failed", reason: reason || texts.gone, url: null };
  }

  private fail(reason: string): void {
    this.shown.value = { ...this.shown.peek(), state: "failed", reason, url: null };
  }
}
