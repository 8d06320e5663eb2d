/** Reads the colour of the picture that is shown, at a point, one reading at a time: of points in a row, the last. */
import { signal } from "@preact/signals";
import type { Step } from "../game/contract";
import type { Colour, Renderer } from "../gl/renderer";

interface Reading {
  readonly steps: readonly Step[];
  /** In shares of the photo's width and height. */
  readonly point: readonly [number, number];
}

export class Probe {
  /** What stands at the point; null where there is none. */
  readonly colour = signal<Colour | null>(null);
  private wanted: Reading | null = null;
  private pointed = false;
  private busy = false;

  constructor(private readonly renderer: Renderer) {}

  read(reading: Reading | null): void {
    this.wanted = reading;
    this.pointed = reading !== null;
    if (reading === null) this.colour.value = null;
    else if (!this.busy) void this.run();
  }

  private async run(): Promise<void> {
    this.busy = true;
    let reading: Reading | null;
    while ((reading = this.take()) !== null) {
      const colour = await this.renderer.colourLater(reading.steps, reading.point);
      // The pointer may have left meanwhile.
      if (this.pointed) this.colour.value = colour;
    }
    this.busy = false;
  }

  private take(): Reading | null {
    const reading = this.wanted;
    this.wanted = null;
    return reading;
  }
}
