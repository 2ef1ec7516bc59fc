import { closest, distance } from 'fastest-levenshtein';

/** One thing wrong with the context flags. */
export interface ConfigProblem {
  readonly flag: string;
  /** What was given; absent when nothing was. */
  readonly got?: string;
  /** What may be given, or what to do, in words. */
  readonly allowed: string;
  /** The allowed value that was probably meant. */
  readonly nearest?: string;
}

/** All problems of one invocation at once. Nothing is synthesized. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${count} with the context flags, nothing was synthesized:`, ...problems.map(line)].join('\n'));
    this.name = 'ConfigError';
  }
}

function line({ flag, got, allowed, nearest }: ConfigProblem): string {
  const given = got === undefined ? 'not given' : `got "${got}"`;
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  return `  -c ${flag}: ${given}; ${allowed}${hint}`;
}

/** The candidate a typo was probably meant to be, if any is close enough to be worth saying. */
export function nearestOf(text: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const candidate = closest(
    text.toLowerCase(),
    [...candidates].map((value) => value.toLowerCase()),
  );
  const index = candidates.findIndex((value) => value.toLowerCase() === candidate);
  return distance(text.toLowerCase(), candidate) <= Math.max(2, Math.floor(text.length / 3))
    ? candidates[index]
    : undefined;
}
