import type { KubernetesObject } from './kubernetes';

/** What stands for a deploy-time value inside a manifest while the rules read it: valid wherever a string is. */
export const deployTimeValue = 'deploy-time-value';

/** Images that CDK builds are named by the content hash of their asset; the account and region are deploy-time values. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    const { 'Fn::Join': join, 'Fn::Sub': sub } = value as { 'Fn::Join'?: [string, unknown[]]; 'Fn::Sub'?: string };
    if (join) return join[1].map(textOf).join(join[0]);
    if (typeof sub === 'string') return sub.replace(/\$\{[^}]*\}/g, deployTimeValue);
  }
  return deployTimeValue;
}

/** The objects of a manifest resource. Throws where the manifest is no JSON: it would fail at deployment too. */
export function objectsOf(manifest: unknown): readonly KubernetesObject[] {
  return JSON.parse(textOf(manifest)) as KubernetesObject[];
}

export function manifestBytes(manifest: unknown): number {
  return Buffer.byteLength(textOf(manifest));
}
