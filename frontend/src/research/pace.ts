/** The times of a replay. */

/** The times of events, in ms, with no pause between two of them longer than `longest`. */
export function shortened(times: readonly number[], longest: number): number[] {
  const result: number[] = [];
  for (const [index, time] of times.entries()) {
    const [before, last] = [times[index - 1] ?? time, result.at(-1) ?? 0];
    result.push(last + Math.min(longest, Math.max(0, time - before)));
  }
  return result;
}

/** Milliseconds as minutes, seconds and tenths: 1:07.4. */
export function timeAt(ms: number): string {
  const [minutes, seconds] = [Math.floor(ms / 60_000), Math.floor((ms % 60_000) / 1000)];
  return `${minutes}:${String(seconds).padStart(2, "0")}.${Math.floor((ms % 1000) / 100)}`;
}
