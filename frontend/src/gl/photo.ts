/** The photo in graphics memory, and what is asked of it again and again, brought to its size once. */
import type { Area } from "../shared/view";
import type { Preview } from "../shared/preview";

/** What a draw call looks up: each texture with how it is sampled, and the corners between which it is. */
export interface Source {
  readonly texture: WebGLTexture;
  readonly sampler: WebGLSampler;
  readonly area: Area;
}

/** A part of the photo at a size of its own. */
export interface Part {
  readonly width: number;
  readonly height: number;
  readonly area: Area;
}

/** Draws what a source holds into the target that is bound. */
export type Copy = (source: Source, width: number, height: number) => void;

const OPAQUE_HALF = 0x3c00;
const WHOLE: Area = [0, 0, 1, 1];

/** Three channels to four: formats with three cannot be averaged into smaller pictures. */
function withAlpha({ width, height, pixels }: Preview): Uint16Array {
  const result = new Uint16Array(width * height * 4).fill(OPAQUE_HALF);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    result[to] = pixels[from] ?? 0;
    result[to + 1] = pixels[from + 1] ?? 0;
    result[to + 2] = pixels[from + 2] ?? 0;
  }
  return result;
}

function makeSampler(gl: WebGL2RenderingContext, minified: number, magnified: number): WebGLSampler {
  const sampler = gl.createSampler();
  gl.samplerParameteri(sampler, gl.TEXTURE_MIN_FILTER, minified);
  gl.samplerParameteri(sampler, gl.TEXTURE_MAG_FILTER, magnified);
  gl.samplerParameteri(sampler, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.samplerParameteri(sampler, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return sampler;
}

export class Photo {
  private readonly texture: WebGLTexture;
  private readonly smooth: WebGLSampler;
  private readonly exact: WebGLSampler;
  /** Whether linear pictures can be drawn: smaller versions, and parts at a size of their own. */
  private readonly canDraw: boolean;
  private readonly prepared = new Map<string, { texture: WebGLTexture; key: string }>();
  private uploads = 0;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.canDraw =
      gl.getExtension("EXT_color_buffer_float") !== null || gl.getExtension("EXT_color_buffer_half_float") !== null;
    this.texture = gl.createTexture();
    this.smooth = makeSampler(gl, this.canDraw ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR, gl.LINEAR);
    this.exact = makeSampler(gl, gl.NEAREST, gl.NEAREST);
  }

  get isEmpty(): boolean {
    return this.uploads === 0;
  }

  upload(preview: Preview): void {
    const { gl } = this;
    const { width, height } = preview;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA16F, width, height, 0, gl.RGBA, gl.HALF_FLOAT, withAlpha(preview));
    if (this.canDraw) gl.generateMipmap(gl.TEXTURE_2D);
    this.uploads += 1;
  }

  /** The photo itself, pixel by pixel or smoothly. */
  itself(area: Area, smooth: boolean): Source {
    return { texture: this.texture, sampler: smooth ? this.smooth : this.exact, area };
  }

  /**
   * A part of the photo at the size of the target, which is drawn by `copy` where `purpose` asked for another before.
   * Averaging many pixels into one costs a machine without a graphics card more than the five filters do.
   */
  part(purpose: string, { width, height, area }: Part, copy: Copy): Source {
    const photo = this.itself(area, true);
    if (!this.canDraw) return photo;
    const { gl } = this;
    const before = this.prepared.get(purpose);
    const key = [width, height, ...area, this.uploads].join(" ");
    const texture = before?.texture ?? gl.createTexture();
    if (before?.key !== key) {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA16F, width, height, 0, gl.RGBA, gl.HALF_FLOAT, null);
      const frame = gl.createFramebuffer();
      gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
      copy(photo, width, height);
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      gl.deleteFramebuffer(frame);
      this.prepared.set(purpose, { texture, key });
    }
    return { texture, sampler: this.exact, area: WHOLE };
  }
}
