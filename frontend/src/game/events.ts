/** Events as they travel: their form, checked where they come from outside. */
import { contract, type EventKind, type Parameters } from "./contract";

export type GestureDevice = "mouse" | "touch" | "pen" | "keyboard" | "other";

/** How an `adjust` was made; `editing/game/events.py` says what each number is. */
export interface Gesture {
  readonly device: GestureDevice;
  readonly moves: number;
  readonly ms: number;
  readonly reversals: number;
  readonly trusted: boolean;
}

/** One action of the player, as the server stores it. `ms` counts from the start of the episode. */
export interface GameEvent {
  readonly id: string;
  readonly episode: string;
  readonly seq: number;
  readonly kind: EventKind;
  readonly step: number | null;
  readonly filter: string | null;
  readonly parameters: Parameters | null;
  readonly ms: number;
  readonly contract_version: number;
  /** Of an `adjust`; older ones have none. */
  readonly gesture: Gesture | null;
}

/** An event that the rules refuse: `code` names the rule, `seq` the event. */
export class IllegalEvent extends Error {
  override readonly name = "IllegalEvent";
  constructor(
    readonly code: string,
    message: string,
    readonly seq: number | null = null,
  ) {
    super(message);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isKind(value: unknown): value is EventKind {
  return typeof value === "string" && Object.hasOwn(contract.event_fields, value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNumbers(value: unknown): value is Record<string, number> {
  return isObject(value) && Object.values(value).every(Number.isFinite);
}

function isGesture(value: unknown): value is Gesture {
  if (!isObject(value) || !contract.gesture_devices.some((device) => device === value.device)) return false;
  return [value.moves, value.ms, value.reversals].every(isWhole) && typeof value.trusted === "boolean";
}

function refuseFields(kind: EventKind, data: Record<string, unknown>, seq: number): void {
  for (const name of ["step", "filter", "parameters"] as const) {
    const present = (data[name] ?? null) !== null;
    const expected = contract.event_fields[kind].includes(name);
    if (present && !expected) throw new IllegalEvent("malformed", `${kind} takes no ${name}`, seq);
    if (!present && expected && kind !== "view") throw new IllegalEvent("malformed", `${kind} needs a ${name}`, seq);
  }
}

/**
 * An event from decoded JSON.
 *
 * @throws IllegalEvent `malformed`, `unknown_kind` or `unknown_filter`
 */
export function parseEvent(data: unknown): GameEvent {
  if (!isObject(data) || !isWhole(data.seq)) throw new IllegalEvent("malformed", "an event needs a seq");
  const { seq, id, episode, kind, ms, contract_version: version } = data;
  const step = data.step ?? null;
  const filter = data.filter ?? null;
  const parameters = data.parameters ?? null;
  const gesture = data.gesture ?? null;
  if (typeof id !== "string" || typeof episode !== "string")
    throw new IllegalEvent("malformed", "an event needs ids", seq);
  if (!isWhole(ms) || !isWhole(version)) throw new IllegalEvent("malformed", "an event needs ms and a version", seq);
  if (!isKind(kind)) throw new IllegalEvent("unknown_kind", `there is no kind of event ${String(kind)}`, seq);
  if (filter !== null && typeof filter !== "string") {
    throw new IllegalEvent("unknown_filter", "a filter is named by its slug", seq);
  }
  if (step !== null && !isWhole(step)) throw new IllegalEvent("malformed", "step must be a whole number", seq);
  if (parameters !== null && !isNumbers(parameters)) {
    throw new IllegalEvent("malformed", "parameters must be finite numbers by name", seq);
  }
  if (gesture !== null && (kind !== "adjust" || !isGesture(gesture))) {
    throw new IllegalEvent("malformed", "a gesture says how an adjust was made", seq);
  }
  refuseFields(kind, data, seq);
  return { id, episode, seq, kind, step, filter, parameters, ms, contract_version: version, gesture };
}

/** A random UUID, version 4. `crypto.randomUUID` is missing on pages of plain HTTP, such as a server in a local network. */
export function newIdentifier(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
