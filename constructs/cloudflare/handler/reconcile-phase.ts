import { isDeepStrictEqual } from 'node:util';
import { APIError } from 'cloudflare';
import type { RuleCreateParams, RuleEditParams } from 'cloudflare/resources/rulesets/rules';
import type { Phase, RulesetGetResponse } from 'cloudflare/resources/rulesets/rulesets';
import { type CloudflareApi, ifFound } from './api';
import { type DesiredRule, refPrefix } from './desired-rules';
import type { MediaZoneSettings } from './settings';

type Ruleset = Extract<RulesetGetResponse, { readonly rules: readonly unknown[] }>;

export interface PhaseChanges {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
}

type Zone = Pick<MediaZoneSettings, 'zoneId' | 'owner' | 'host'>;

/** How often a phase is read and mended again when an answer was lost or another writer was faster. */
const passes = 3;

/**
 * Makes our rules of one phase as desired, one by one. The zone has one rule list per phase, shared with everyone who
 * configures the zone: replacing the list would erase their rules, so it is never written as a whole.
 */
export async function reconcilePhase(
  api: CloudflareApi,
  zone: Zone,
  phase: Phase,
  desired: readonly DesiredRule[],
): Promise<PhaseChanges> {
  for (let pass = 1; ; pass++) {
    try {
      return await mendPhase(api, zone, phase, desired);
    } catch (error) {
      if (!(error instanceof APIError) || pass === passes) throw error;
    }
  }
}

async function mendPhase(
  api: CloudflareApi,
  zone: Zone,
  phase: Phase,
  desired: readonly DesiredRule[],
): Promise<PhaseChanges> {
  const { zoneId: zone_id } = zone;
  const ruleset = (await ifFound(api.rulesets.phases.get(phase, { zone_id }))) as Ruleset | undefined;
  if (!ruleset) return createRuleset(api, zone_id, phase, desired);

  const { missing, drifted, stale } = compare(ruleset.rules, desired, refPrefix(zone));
  for (const rule of missing) await api.rulesets.rules.create(ruleset.id, { ...rule, zone_id } as RuleCreateParams);
  for (const { id, rule } of drifted) {
    await api.rulesets.rules.edit(id, { ...rule, zone_id, ruleset_id: ruleset.id } as RuleEditParams);
  }
  for (const { id } of stale) await api.rulesets.rules.delete(id, { zone_id, ruleset_id: ruleset.id });
  return {
    created: missing.map(({ ref }) => ref),
    changed: drifted.map(({ rule }) => rule.ref),
    deleted: stale.map(({ ref }) => ref),
  };
}

/** Ours are told by their `ref`; of two with one `ref`, the trace of a lost answer, the second is stale. */
function compare(rules: Ruleset['rules'], desired: readonly DesiredRule[], prefix: string) {
  const ours = rules.filter(({ ref }) => ref.startsWith(prefix));
  const firstOf = (ref: string) => ours.find((rule) => rule.ref === ref);
  return {
    missing: desired.filter(({ ref }) => !firstOf(ref)),
    drifted: desired.flatMap((rule) => {
      const found = firstOf(rule.ref);
      return found && !contains(found, rule) ? [{ id: found.id, rule }] : [];
    }),
    stale: ours.filter((rule) => !desired.some(({ ref }) => ref === rule.ref) || firstOf(rule.ref) !== rule),
  };
}

/** The phase's first rules. `create` fails where somebody else made the list meanwhile; `update` would replace theirs. */
async function createRuleset(
  api: CloudflareApi,
  zoneId: string,
  phase: Phase,
  desired: readonly DesiredRule[],
): Promise<PhaseChanges> {
  if (desired.length > 0) {
    await api.rulesets.create({
      zone_id: zoneId,
      kind: 'zone',
      name: 'default',
      phase,
      rules: desired as RuleCreateParams[],
    } as Parameters<typeof api.rulesets.create>[0]);
  }
  return { created: desired.map(({ ref }) => ref), changed: [], deleted: [] };
}

/** Whether a value holds everything another says; the API adds defaults of its own. */
function contains(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((each, index) => contains(actual[index], each))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    return (
      typeof actual === 'object' &&
      actual !== null &&
      Object.entries(wanted).every(([key, value]) => contains((actual as Record<string, unknown>)[key], value))
    );
  }
  return isDeepStrictEqual(actual, wanted);
}
