import { instanceTypes, isInstanceType } from './instance-types';

export const tierNames = ['1k', '10k', '100k'] as const;
export type TierName = (typeof tierNames)[number];

export type FigureValue = number | boolean | string | readonly string[];

/** One row of the tier table: a value per tier, and where it comes from. */
export interface Figure<T extends FigureValue> {
  readonly unit: string;
  readonly values: Readonly<Record<TierName, T>>;
  readonly source: string;
  readonly reason: string;
  /** What an override may be, in words. */
  readonly allowed: string;
  /** Reads an override; `undefined` when the text is not allowed. */
  readonly read: (text: string) => T | undefined;
}

/** Values of the tiers 1k, 10k and 100k, or one value for all. */
type PerTier<T> = readonly [T, T, T] | T;

const perTier = <T extends FigureValue>(values: PerTier<T>): Record<TierName, T> => {
  const [small, medium, large] = (Array.isArray(values) && values.length === 3 ? values : [values, values, values]) as [
    T,
    T,
    T,
  ];
  return { '1k': small, '10k': medium, '100k': large };
};

/** A whole number from zero up. */
export function whole(unit: string, values: PerTier<number>, source: string, reason: string): Figure<number> {
  return {
    unit,
    values: perTier(values),
    source,
    reason,
    allowed: 'a whole number, 0 or more',
    read: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
  };
}

/** A whole number out of those that a service offers. */
export function oneOf(
  unit: string,
  offered: readonly number[],
  values: PerTier<number>,
  source: string,
  reason: string,
): Figure<number> {
  return {
    unit,
    values: perTier(values),
    source,
    reason,
    allowed: `one of ${offered.join(', ')}`,
    read: (text) => offered.find((value) => String(value) === text),
  };
}

export function yesNo(values: PerTier<boolean>, source: string, reason: string): Figure<boolean> {
  return {
    unit: 'yes/no',
    values: perTier(values),
    source,
    reason,
    allowed: 'true or false',
    read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  };
}

/** The class of a managed database or cache node, e.g. `db.r7g.large`. */
export function nodeClass(
  prefix: 'db' | 'cache',
  values: PerTier<string>,
  source: string,
  reason: string,
): Figure<string> {
  return {
    unit: 'node class',
    values: perTier(values),
    source,
    reason,
    allowed: `a node class such as ${prefix}.r7g.large`,
    read: (text) =>
      new RegExp(`^${prefix}\\.[a-z0-9]+\\.(\\d+x)?(micro|small|medium|large)$`).test(text) ? text : undefined,
  };
}

/** EC2 types that may stand in for each other, first choice first. Written as arm64; x86_64 takes each one's twin. */
export function instances(
  values: readonly [readonly string[], readonly string[], readonly string[]],
  source: string,
  reason: string,
): Figure<readonly string[]> {
  return {
    unit: 'EC2 types',
    values: { '1k': values[0], '10k': values[1], '100k': values[2] },
    source,
    reason,
    allowed: `a comma-separated list of ${Object.keys(instanceTypes).join(', ')}`,
    read: (text) => {
      const types = text.split(',');
      return types.every(isInstanceType) ? types : undefined;
    },
  };
}
