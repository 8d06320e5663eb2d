/** Draws a photo after its steps, in one draw call, onto the canvas or into pixels that can be read. */
import type { Area } from "../shared/view";
import { Photo, type Source } from "./photo";
import { NOTHING_PAINTED, packParameters, Programs, type Clipping } from "./program";
import { readLater, type Bytes } from "./readback";
import type { Preview } from "../shared/preview";
import type { Step } from "../game/contract";

/** This browser or machine cannot draw the game. */
export class NoWebGL extends Error {
  override readonly name = "NoWebGL";
}

/** What the canvas shows. */
export interface Look {
  readonly steps: readonly Step[];
  /** Clipped pixels are painted over. */
  readonly clipping: Clipping;
  /** The part of the photo, in shares of it: left, top, right, bottom. */
  readonly area: Area;
  /** Left of this share of the canvas the photo is shown as it came. */
  readonly split: number | null;
}

/** Red, green and blue, from 0 to 255. */
export type Colour = readonly [number, number, number];

/** What exists anew when the graphics context was lost. */
interface Resources {
  readonly programs: Programs;
  readonly photo: Photo;
  /** The same photo with more pixels, for the canvas. */
  readonly large: Photo;
}

/** All of the photo. */
export const WHOLE: Area = [0, 0, 1, 1];

export class Renderer {
  private readonly gl: WebGL2RenderingContext;
  private resources: Resources | null = null;
  private preview: Preview | null = null;
  private large: Preview | null = null;

  /** Throws `NoWebGL` where the browser has no WebGL 2. */
  constructor(readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
    if (gl === null) throw new NoWebGL("WebGL 2 is missing");
    this.gl = gl;
    this.restore();
  }

  /** Builds everything again, as after the graphics context was lost. */
  restore(): void {
    const { gl } = this;
    if (gl.isContextLost()) return;
    this.resources = { programs: new Programs(gl), photo: new Photo(gl), large: new Photo(gl) };
    if (this.preview !== null) this.upload(this.preview, this.large);
  }

  /** Takes a photo, and with it, where it is here, the same photo with more pixels, which the canvas shows. */
  upload(preview: Preview, large: Preview | null = null): void {
    const isNew = preview !== this.preview || this.resources?.photo.isEmpty === true;
    this.preview = preview;
    this.large = large;
    if (this.gl.isContextLost()) return;
    if (isNew) this.resources?.photo.upload(preview);
    if (large !== null) this.resources?.large.upload(large);
  }

  /** Draws onto the canvas, whose drawing buffer has the size in which it is shown. */
  draw({ steps, clipping, area, split }: Look): void {
    const { gl, canvas, resources } = this;
    if (resources === null || this.preview === null || gl.isContextLost()) return;
    const { width, height } = canvas;
    // Rows of a canvas are counted from below.
    const [left, top, right, bottom] = area;
    const part = { width, height, area: [left, bottom, right, top] as const };
    const shown = this.large === null ? resources.photo : resources.large;
    const source = shown.part("canvas", part, (photo) => this.render([], photo, width, height));
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    if (split === null) {
      this.render(steps, source, width, height, clipping);
      return;
    }
    const border = Math.round(split * width);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(0, 0, border, height);
    this.render([], source, width, height, clipping);
    gl.scissor(border, 0, width - border, height);
    this.render(steps, source, width, height, clipping);
    gl.disable(gl.SCISSOR_TEST);
  }

  /** The picture at some size, as a screen shows it: 8 bits, rows from the top. It waits for the graphics card. */
  picture(steps: readonly Step[], width: number, height: number): ImageData {
    const { gl } = this;
    const bytes = new Uint8ClampedArray(width * height * 4);
    this.offscreen(gl.RGBA8, width, height, ({ photo }) => {
      this.render(steps, photo.itself(WHOLE, true), width, height);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    });
    return new ImageData(bytes, width, height);
  }

  /** The same, without waiting, for pictures that are asked for often; null when the graphics context was lost. */
  async pictureLater(steps: readonly Step[], width: number, height: number): Promise<ImageData | null> {
    const part = { width, height, area: WHOLE };
    const source = this.resources?.photo.part("small", part, (photo) => this.render([], photo, width, height));
    const bytes = source === undefined ? null : await this.readLater(steps, source, width, height);
    return bytes === null ? null : new ImageData(bytes, width, height);
  }

  /** Some of the picture's pixels, evenly spread and none averaged, RGBA of 8 bits, without waiting. */
  async samplesLater(steps: readonly Step[], width: number, height: number): Promise<Bytes | null> {
    const source = this.resources?.photo.itself(WHOLE, false);
    return source === undefined ? null : this.readLater(steps, source, width, height);
  }

  /**
   * The colour that a screen shows at a point of the photo, in shares of its width and height: RGB of 8 bits, without
   * waiting; null when the graphics context was lost.
   */
  async colourLater(steps: readonly Step[], [x, y]: readonly [number, number]): Promise<Colour | null> {
    const source = this.resources?.photo.itself([x, y, x, y], false);
    const bytes = source === undefined ? null : await this.readLater(steps, source, 1, 1);
    return bytes === null ? null : [bytes[0] ?? 0, bytes[1] ?? 0, bytes[2] ?? 0];
  }

  /** The unclipped picture of the preview's size: RGBA, rows from the top. Throws where floats cannot be drawn. */
  readFloats(steps: readonly Step[]): { width: number; height: number; data: Float32Array } {
    const { gl, preview } = this;
    if (preview === null) throw new Error("there is no photo");
    if (gl.getExtension("EXT_color_buffer_float") === null) {
      throw new NoWebGL("this machine cannot draw floating point pictures");
    }
    const { width, height } = preview;
    const data = new Float32Array(width * height * 4);
    this.offscreen(gl.RGBA32F, width, height, ({ photo }) => {
      this.render(steps, photo.itself(WHOLE, false), width, height);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, data);
    });
    return { width, height, data };
  }

  /** Runs `work` while a fresh target of that format is bound. */
  private offscreen(format: number, width: number, height: number, work: (resources: Resources) => void): void {
    const { gl, resources } = this;
    if (resources === null || this.preview === null || gl.isContextLost()) return;
    const buffer = gl.createRenderbuffer();
    const frame = gl.createFramebuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
    gl.renderbufferStorage(gl.RENDERBUFFER, format, width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, buffer);
    work(resources);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(frame);
    gl.deleteRenderbuffer(buffer);
  }

  private async readLater(
    steps: readonly Step[],
    source: Source,
    width: number,
    height: number,
  ): Promise<Bytes | null> {
    const { gl } = this;
    let bytes: Promise<Bytes | null> = Promise.resolve(null);
    this.offscreen(gl.RGBA8, width, height, () => {
      this.render(steps, source, width, height);
      bytes = readLater(gl, width, height);
    });
    return bytes;
  }

  /** The one draw call. */
  private render(
    steps: readonly Step[],
    source: Source,
    width: number,
    height: number,
    clipping = NOTHING_PAINTED,
  ): void {
    const { gl, resources } = this;
    if (resources === null) return;
    const filters = steps.map(({ filter }) => filter);
    const { program, uniforms } = resources.programs.of(filters, clipping);
    gl.viewport(0, 0, width, height);
    gl.useProgram(program);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, source.texture);
    gl.bindSampler(0, source.sampler);
    gl.uniform1i(uniforms.u_photo, 0);
    gl.uniform4f(uniforms.u_area, ...source.area);
    gl.uniform4fv(uniforms.u_parameters, packParameters(steps));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}
