import type { z } from 'zod';
import type { ServiceContract } from '../runtime/shared/contract';

/** What may stand for a variable: literal text (or a token), a mounted secret's path, a fact of the pod. */
export type EnvironmentValue = string | SecretFile | PodName | PodUrl;

/** The path at which one key of a Secret is mounted. */
export interface SecretFile {
  readonly kind: 'secret-file';
  readonly secret: string;
  readonly file: string;
}

export interface PodName {
  readonly kind: 'pod-name';
}

/** `http://<address of this very pod>:<port>`. */
export interface PodUrl {
  readonly kind: 'pod-url';
  readonly port: number;
}

export const podName: PodName = { kind: 'pod-name' };

export function podUrl(port: number): PodUrl {
  return { kind: 'pod-url', port };
}

/** Variables that the workload sets itself: they follow from the contract and from the grace period. */
type OwnVariable = 'PORT' | 'MANAGEMENT_PORT' | 'BIND_ADDRESS' | 'DRAIN_SECONDS';

/**
 * Every variable of a schema, typed so that a missing or misspelt one does not compile. An optional one must be stated
 * too: `undefined` leaves it to the schema's default.
 */
export type ValuesOf<Schema extends z.ZodObject, Except extends string = never> = {
  readonly [Name in Exclude<keyof z.input<Schema>, Except>]: undefined extends z.input<Schema>[Name]
    ? EnvironmentValue | undefined
    : EnvironmentValue;
};

export type EnvironmentOf<C extends ServiceContract> = ValuesOf<C['environment'], OwnVariable>;
