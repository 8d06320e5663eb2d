/** Draws a photo after its steps, in one draw call, onto the canvas or into pixels that can be read. */
import type { Preview, Step } from "../state";
import { buildProgram, setSteps, type Program } from "./program";

/** This browser or machine cannot draw the game. */
export class NoWebGL extends Error {
  override readonly name = "NoWebGL";
}

interface Target {
  readonly width: number;
  readonly height: number;
  readonly unclipped: boolean;
}

/** The photo in graphics memory: smooth for showing at any size, exact for reading pixel by pixel. */
interface Resources {
  readonly program: Program;
  readonly texture: WebGLTexture;
  readonly smooth: WebGLSampler;
  readonly exact: WebGLSampler;
}

const OPAQUE_HALF = 0x3c00;

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

export class Renderer {
  private readonly gl: WebGL2RenderingContext;
  private resources: Resources | null = null;
  private preview: Preview | null = null;
  private canAverage = false;

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
    // Smaller versions of a picture can be made where half floats can be drawn to.
    const floats = gl.getExtension("EXT_color_buffer_float");
    this.canAverage = floats !== null || gl.getExtension("EXT_color_buffer_half_float") !== null;
    const minified = this.canAverage ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR;
    this.resources = {
      program: buildProgram(gl),
      texture: gl.createTexture(),
      smooth: this.sampler(minified, gl.LINEAR),
      exact: this.sampler(gl.NEAREST, gl.NEAREST),
    };
    if (this.preview !== null) this.upload(this.preview);
  }

  upload(preview: Preview): void {
    this.preview = preview;
    const { gl } = this;
    if (this.resources === null || gl.isContextLost()) return;
    const { width, height } = preview;
    gl.bindTexture(gl.TEXTURE_2D, this.resources.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA16F, width, height, 0, gl.RGBA, gl.HALF_FLOAT, withAlpha(preview));
    if (this.canAverage) gl.generateMipmap(gl.TEXTURE_2D);
  }

  /** Draws onto the canvas, whose drawing buffer has the size in which it is shown. */
  draw(steps: readonly Step[], clipping: boolean): void {
    const { gl, canvas } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.render(steps, { width: canvas.width, height: canvas.height, unclipped: false }, { flip: true, clipping });
  }

  /** The picture at some size, as a screen shows it: 8 bits, rows from the top. */
  picture(steps: readonly Step[], width: number, height: number, exact = false): ImageData {
    const { gl } = this;
    const bytes = new Uint8ClampedArray(width * height * 4);
    this.offscreen(gl.RGBA8, { width, height, unclipped: false }, () => {
      this.render(steps, { width, height, unclipped: false }, { exact });
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    });
    return new ImageData(bytes, width, height);
  }

  /** The unclipped picture of the preview's size: RGBA, rows from the top. Throws where floats cannot be drawn. */
  readFloats(steps: readonly Step[]): { width: number; height: number; data: Float32Array } {
    const { gl, preview } = this;
    if (preview === null) throw new Error("there is no photo");
    if (gl.getExtension("EXT_color_buffer_float") === null) {
      throw new NoWebGL("this machine cannot draw floating point pictures");
    }
    const target = { width: preview.width, height: preview.height, unclipped: true };
    const data = new Float32Array(target.width * target.height * 4);
    this.offscreen(gl.RGBA32F, target, () => {
      this.render(steps, target, { exact: true });
      gl.readPixels(0, 0, target.width, target.height, gl.RGBA, gl.FLOAT, data);
    });
    return { width: target.width, height: target.height, data };
  }

  private sampler(minified: number, magnified: number): WebGLSampler {
    const { gl } = this;
    const sampler = gl.createSampler();
    gl.samplerParameteri(sampler, gl.TEXTURE_MIN_FILTER, minified);
    gl.samplerParameteri(sampler, gl.TEXTURE_MAG_FILTER, magnified);
    gl.samplerParameteri(sampler, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.samplerParameteri(sampler, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    return sampler;
  }

  /** Runs `work` while a fresh target of that format is bound. */
  private offscreen(format: number, { width, height }: Target, work: () => void): void {
    const { gl } = this;
    const buffer = gl.createRenderbuffer();
    const frame = gl.createFramebuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
    gl.renderbufferStorage(gl.RENDERBUFFER, format, width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, buffer);
    work();
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(frame);
    gl.deleteRenderbuffer(buffer);
  }

  /** The one draw call. */
  private render(
    steps: readonly Step[],
    target: Target,
    { flip = false, clipping = false, exact = false }: { flip?: boolean; clipping?: boolean; exact?: boolean },
  ): void {
    const { gl, resources } = this;
    if (resources === null || this.preview === null || gl.isContextLost()) return;
    const { program, uniforms } = resources.program;
    gl.viewport(0, 0, target.width, target.height);
    gl.useProgram(program);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, resources.texture);
    gl.bindSampler(0, exact ? resources.exact : resources.smooth);
    gl.uniform1i(uniforms.u_photo, 0);
    gl.uniform1i(uniforms.u_flip, Number(flip));
    gl.uniform1i(uniforms.u_unclipped, Number(target.unclipped));
    gl.uniform1i(uniforms.u_clipping, Number(clipping));
    setSteps(gl, resources.program, steps);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}
