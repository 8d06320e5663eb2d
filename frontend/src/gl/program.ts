/** The shader programs: one for each sequence of filters, around one lookup of the photo. */
import { contract, filterOf, type Step } from "../game/contract";

const VERTEX = `#version 300 es
uniform vec4 u_area;
out vec2 v_position;
void main() {
  // One triangle that covers the target; its corners are made from the number of the vertex.
  vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
  v_position = mix(u_area.xy, u_area.zw, corner);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

/** Which clipped pixels are painted over. */
export interface Clipping {
  readonly black: boolean;
  readonly white: boolean;
}

export const NOTHING_PAINTED: Clipping = { black: false, white: false };

/** Straight through the steps: nothing is decided pixel by pixel, and nothing compiled that is not called. */
function fragmentSource(filters: readonly string[], clipping: Clipping): string {
  const functions = [...new Set(filters)].map((slug) => contract.shader.filters[slug] ?? "");
  const calls = filters.map((slug, step) => `  color = filter_${slug}(color, ${step});`);
  return `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D u_photo;
in vec2 v_position;
out vec4 result;
${contract.shader.head}
${functions.join("\n")}
void main() {
  vec3 color = texture(u_photo, v_position).rgb;
${calls.join("\n")}
${clipping.white ? PAINT_WHITE : ""}
${clipping.black ? PAINT_BLACK : ""}
  result = vec4(color, 1.0);
}`;
}

const PAINT_WHITE = `
  // What an 8-bit screen shows as full, in the colour of the full channels; where all three are, in stripes.
  bvec3 full = greaterThan(color, vec3(254.5 / 255.0));
  if (all(full)) color = mod(gl_FragCoord.x + gl_FragCoord.y, 8.0) < 4.0 ? vec3(1.0, 0.25, 0.2) : vec3(1.0);
  else if (any(full)) color = vec3(full);`;

const PAINT_BLACK = `
  // What it shows as full black.
  if (all(lessThan(color, vec3(0.5 / 255.0)))) color = vec3(0.25, 0.5, 1.0);`;

const UNIFORMS = ["u_parameters", "u_photo", "u_area"] as const;
type Uniform = (typeof UNIFORMS)[number];

export interface Program {
  readonly program: WebGLProgram;
  readonly uniforms: Readonly<Record<Uniform, WebGLUniformLocation | null>>;
}

function compile(gl: WebGL2RenderingContext, type: number, source: string): WebGLShader {
  const shader = gl.createShader(type);
  if (shader === null) throw new Error("the graphics context is lost");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

/** Compiles and links. Throws with the driver's own words where that fails. */
function buildProgram(gl: WebGL2RenderingContext, fragment: string): Program {
  const program = gl.createProgram();
  const shaders = [compile(gl, gl.VERTEX_SHADER, VERTEX), compile(gl, gl.FRAGMENT_SHADER, fragment)];
  for (const shader of shaders) gl.attachShader(program, shader);
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    const words = shaders.map((shader) => gl.getShaderInfoLog(shader) ?? "");
    throw new Error(`the shader does not compile: ${[gl.getProgramInfoLog(program) ?? "", ...words].join(" ").trim()}`);
  }
  // They go when the program goes.
  for (const shader of shaders) gl.deleteShader(shader);
  const uniforms = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]));
  return { program, uniforms: uniforms as Program["uniforms"] };
}

/** So many programs are kept: a game of five steps needs six, and what was tried before often comes back. */
const KEPT = 24;

/** The programs built so far, the one used last at the end. */
export class Programs {
  private readonly built = new Map<string, Program>();

  constructor(private readonly gl: WebGL2RenderingContext) {}

  /** The program of the filters in that order, with clipped colours painted over or not. */
  of(filters: readonly string[], clipping = NOTHING_PAINTED): Program {
    const key = [...filters, clipping.black, clipping.white].join(" ");
    const program = this.built.get(key) ?? buildProgram(this.gl, fragmentSource(filters, clipping));
    this.built.delete(key);
    this.built.set(key, program);
    const [oldest] = this.built;
    if (this.built.size > KEPT && oldest !== undefined) {
      this.built.delete(oldest[0]);
      this.gl.deleteProgram(oldest[1].program);
    }
    return program;
  }
}

/** The parameters of the steps as the shader takes them, four to a vector. */
export function packParameters(steps: readonly Step[]): Float32Array {
  const stride = 4 * Math.ceil(contract.parameter_capacity / 4);
  const packed = new Float32Array(contract.maximum_steps * stride);
  steps.forEach((step, index) => {
    const values = filterOf(step).parameters.map(({ name }) => step.parameters[name] ?? Number.NaN);
    packed.set(values, index * stride);
  });
  return packed;
}
