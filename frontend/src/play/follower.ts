/** What follows the canvas a little later: the histogram of what is shown, and the film strip's pictures. */
import { signal } from "@preact/signals";
import { scaledTo } from "../shared/view";
import { countLevels, type Histogram } from "../gl/histogram";
import type { Renderer } from "../gl/renderer";
import type { Preview } from "../shared/preview";
import type { Step } from "../game/contract";

/** The longer side of what the histogram counts, and of a picture in the film strip, in pixels. */
const COUNTED_EDGE = 256;
const THUMBNAIL_EDGE = 288;
/** As long as a round took, the next one waits, though no longer than this: the canvas comes first. */
const LONGEST_REST_MS = 200;
/** A machine that draws the film strip within this time draws it while a hand moves; another one when the hand rests. */
const LIVE_MS = 12;
const HAND_RESTS_MS = 120;

interface PictureRequest {
  readonly preview: Preview;
  readonly shown: readonly Step[];
  readonly edited: readonly Step[];
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * One round of pictures at a time; what is asked for meanwhile waits, and only the last of it is made. Thus a slider
 * moves as fast as the canvas alone can be drawn, and what follows it is as live as the machine allows: the drawing of
 * five small pictures would hold a frame up where there is no graphics card.
 */
export class Follower {
  readonly histogram = signal<Histogram | null>(null);
  /** The original, then the picture after each step. */
  readonly thumbnails = signal<readonly ImageData[]>([]);
  private thumbnailsOf: readonly Step[] = [];
  private counted: readonly Step[] | null = null;
  private request: PictureRequest | null = null;
  private busy = false;
  /** How long the film strip took to draw, when it was drawn last: nobody knows at first. */
  private stripMs = Infinity;
  /** Counts the photos, so that what was begun for another one is thrown away. */
  private photo = 0;

  constructor(private readonly renderer: Renderer) {}

  /** Another photo: nothing of the last one is shown with it. */
  forget(): void {
    this.photo += 1;
    this.request = null;
    this.histogram.value = null;
    this.thumbnails.value = [];
    this.thumbnailsOf = [];
    this.counted = null;
  }

  /** Asks for the histogram of the shown steps, and the pictures after each of the edited ones. */
  follow(preview: Preview, shown: readonly Step[], edited: readonly Step[]): void {
    this.request = { preview, shown, edited };
    if (!this.busy) void this.run();
  }

  private async run(): Promise<void> {
    this.busy = true;
    let request: PictureRequest | null;
    // In a task of its own: the frame that was just drawn is to be shown before.
    await rest(0);
    while ((request = this.take()) !== null) {
      const began = performance.now();
      await this.count(request);
      if (this.stripMs <= LIVE_MS || (await this.handRests())) await this.drawThumbnails(request);
      await rest(Math.min(LONGEST_REST_MS, performance.now() - began));
    }
    this.busy = false;
  }

  private take(): PictureRequest | null {
    const { request } = this;
    this.request = null;
    return request;
  }

  /** Whether nothing else is asked for during a moment. */
  private async handRests(): Promise<boolean> {
    await rest(HAND_RESTS_MS);
    return this.request === null;
  }

  private async count({ preview, shown }: PictureRequest): Promise<void> {
    const { photo } = this;
    if (shown === this.counted) return;
    const samples = await this.renderer.samplesLater(shown, ...scaledTo(COUNTED_EDGE, preview));
    if (samples === null || photo !== this.photo) return;
    this.histogram.value = countLevels(samples);
    this.counted = shown;
  }

  /** Pictures before the first step that changed stay. */
  private async drawThumbnails({ preview, edited }: PictureRequest): Promise<void> {
    const { photo } = this;
    const drawn = this.thumbnails.peek();
    if (this.thumbnailsOf === edited && drawn.length > 0) return;
    const began = performance.now();
    const changed = edited.findIndex((step, index) => step !== this.thumbnailsOf[index]);
    const pictures = drawn.slice(0, 1 + (changed === -1 ? edited.length : changed));
    while (pictures.length <= edited.length) {
      // The hand moves again: what comes of it is drawn when it rests.
      if (this.request !== null && this.stripMs > LIVE_MS) return;
      const steps = edited.slice(0, pictures.length);
      const picture = await this.renderer.pictureLater(steps, ...scaledTo(THUMBNAIL_EDGE, preview));
      if (picture === null || photo !== this.photo) return;
      pictures.push(picture);
    }
    this.thumbnailsOf = edited;
    this.thumbnails.value = pictures;
    this.stripMs = performance.now() - began;
  }
}
