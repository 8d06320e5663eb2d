/** The fixtures that Python's tests pass too. */
import descriptions from "../../tests/fixtures/descriptions.json";
import events from "../../tests/fixtures/events.json";
import parameters from "../../tests/fixtures/parameters.json";
import type { Parameters, Step } from "../src/game/contract";

interface Replayed {
  readonly name: string;
  readonly events: readonly unknown[];
  readonly steps?: readonly Step[];
  readonly cursor?: number;
  readonly can_undo?: boolean;
  readonly can_redo?: boolean;
  readonly status?: string;
  readonly trajectory?: readonly Step[];
  readonly error?: string;
  readonly seq?: number;
}

export const replayed = events as unknown as readonly Replayed[];
export const positions = parameters as readonly {
  readonly filter: string;
  readonly parameter: string;
  readonly value: number;
  readonly position: number;
}[];
export const described = descriptions as unknown as readonly {
  readonly filter: string;
  readonly parameters: Parameters;
  readonly text: string;
}[];
