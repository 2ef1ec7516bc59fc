import { type Figure, type FigureValue, type TierName, tierNames } from './figure';
import { audience } from './figures/audience';
import { applicationCache, database, documentStore, livekitCache } from './figures/data';
import { appNodes, karpenter, mediaNodes, systemNodes, workerNodes } from './figures/nodes';
import { edge, network, operations } from './figures/operations';
import { workloads } from './figures/workloads';

type AnyFigure = Figure<number> | Figure<boolean> | Figure<string> | Figure<readonly string[]>;

/** Every figure of every tier, in groups; `livekit.replicas` is the figure `replicas` of the group `livekit`. */
export const figures = {
  audience,
  network,
  systemNodes,
  appNodes,
  mediaNodes,
  workerNodes,
  karpenter,
  ...workloads,
  database,
  applicationCache,
  livekitCache,
  documentStore,
  edge,
  operations,
} as const satisfies Record<string, Record<string, AnyFigure>>;

type Figures = typeof figures;
type ValueOf<F> = F extends Figure<infer T> ? T : never;

/** The figures of one tier, overrides applied. */
export type Tier = { readonly name: TierName } & {
  readonly [G in keyof Figures]: { readonly [F in keyof Figures[G]]: ValueOf<Figures[G][F]> };
};

/** Group and field of a figure, with the figure. */
export interface NamedFigure {
  readonly path: string;
  readonly group: string;
  readonly field: string;
  readonly figure: Figure<FigureValue>;
}

/** All figures in table order. */
export const allFigures: readonly NamedFigure[] = Object.entries(figures).flatMap(([group, fields]) =>
  Object.entries(fields).map(([field, figure]) => ({
    path: `${group}.${field}`,
    group,
    field,
    figure: figure as unknown as Figure<FigureValue>,
  })),
);

/** The figures of a tier, with some replaced by path. */
export function tierOf(name: TierName, overrides: ReadonlyMap<string, FigureValue> = new Map()): Tier {
  const groups: Record<string, Record<string, FigureValue>> = {};
  for (const { path, group, field, figure } of allFigures) {
    groups[group] = { ...groups[group], [field]: overrides.get(path) ?? figure.values[name] };
  }
  return { name, ...groups } as unknown as Tier;
}

export { type TierName, tierNames };

/** The value a tier has for a figure of the table. */
export function figureOf(tier: Tier, { group, field }: Pick<NamedFigure, 'group' | 'field'>): FigureValue {
  return (tier as unknown as Record<string, Record<string, FigureValue>>)[group]?.[field] as FigureValue;
}
