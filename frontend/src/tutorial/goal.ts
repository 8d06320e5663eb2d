/** How the practice photo should look: the goal of the tutorial, and what the start page shows beside the original. */
import { contract, neutralParameters, type Step } from "../game/contract";

const LOOK: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  exposure: { ev: 1.3 },
  gamma: { gamma: 0.75 },
  white_balance: { temperature: 0.2 },
  saturation: { amount: 0.3 },
  contrast: { amount: 0.3 },
};

/** Its steps, in order. */
export const GOAL: readonly Step[] = Object.entries(LOOK).map(([slug, values]) => {
  const filter = contract.filters.find((each) => each.slug === slug);
  return { filter: slug, parameters: { ...(filter === undefined ? {} : neutralParameters(filter)), ...values } };
});
