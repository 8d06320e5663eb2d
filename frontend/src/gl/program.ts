/** The shader program: the contract's filters around one lookup of the photo. */
import { contract, filterOf } from "../contract";
import type { Step } from "../state";

const VERTEX = `#version 300 es
uniform bool u_flip;
out vec2 v_position;
void main() {
  // One triangle that covers the target; its corners are made from the number of the vertex.
  vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
  v_position = vec2(corner.x, u_flip ? 1.0 - corner.y : corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D u_photo;
uniform bool u_unclipped;
uniform bool u_clipping;
in vec2 v_position;
out vec4 color;
${contract.shader}
void main() {
  vec3 developed = apply_steps(texture(u_photo, v_position).rgb);
  color = vec4(u_unclipped ? developed : clamp(developed, 0.0, 1.0), 1.0);
  if (u_clipping) {
    // What an 8-bit screen shows as full white in one channel at least, or as full black in all three.
    if (any(greaterThan(developed, vec3(254.5 / 255.0)))) color.rgb = vec3(1.0, 0.25, 0.2);
    else if (all(lessThan(developed, vec3(0.5 / 255.0)))) color.rgb = vec3(0.25, 0.5, 1.0);
  }
}`;

const UNIFORMS = ["u_count", "u_filters", "u_parameters", "u_photo", "u_flip", "u_unclipped", "u_clipping"] as const;
type Uniform = (typeof UNIFORMS)[number];

export interface Program {
  readonly program: WebGLProgram;
  readonly uniforms: Readonly<Record<Uniform, WebGLUniformLocation | null>>;
}

const placeOf = new Map(contract.filters.map((filter, index) => [filter.slug, index]));

function compile(gl: WebGL2RenderingContext, type: number, source: string): WebGLShader {
  const shader = gl.createShader(type);
  if (shader === null) throw new Error("the graphics context is lost");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

/** Compiles and links. Throws with the driver's own words where that fails. */
export function buildProgram(gl: WebGL2RenderingContext): Program {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    gl.attachShader(program, compile(gl, type, source));
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    const words = (gl.getAttachedShaders(program) ?? []).map((shader) => gl.getShaderInfoLog(shader) ?? "");
    throw new Error(`the shader does not compile: ${[gl.getProgramInfoLog(program) ?? "", ...words].join(" ").trim()}`);
  }
  const uniforms = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]));
  return { program, uniforms: uniforms as Program["uniforms"] };
}

/** The steps as the shader takes them: the place of each filter, and its parameters, four to a vector. */
export function packSteps(steps: readonly Step[]): { filters: Int32Array; parameters: Float32Array } {
  const filters = new Int32Array(contract.maximum_steps);
  const stride = 4 * Math.ceil(contract.parameter_capacity / 4);
  const parameters = new Float32Array(contract.maximum_steps * stride);
  steps.forEach((step, index) => {
    filters[index] = placeOf.get(step.filter) ?? 0;
    const values = filterOf(step).parameters.map(({ name }) => step.parameters[name] ?? Number.NaN);
    parameters.set(values, index * stride);
  });
  return { filters, parameters };
}

export function setSteps(gl: WebGL2RenderingContext, { uniforms }: Program, steps: readonly Step[]): void {
  const { filters, parameters } = packSteps(steps);
  gl.uniform1i(uniforms.u_count, steps.length);
  gl.uniform1iv(uniforms.u_filters, filters);
  gl.uniform4fv(uniforms.u_parameters, parameters);
}
