import type { KubernetesObject } from './kubernetes';

/** A CloudFormation resource as it stands in a template. */
export interface Resource {
  readonly type: string;
  readonly logicalId: string;
  readonly stack: string;
  /** Construct path; what a reader finds in the code. */
  readonly path: string;
  readonly properties: Properties;
  readonly deletionPolicy: string | undefined;
}

export type Properties = Readonly<Record<string, unknown>>;

export interface HelmRelease {
  readonly path: string;
  readonly chart: string;
  readonly version: string | undefined;
}

export interface StackFacts {
  readonly path: string;
  readonly resourceCount: number;
  readonly templateBytes: number;
  /** Size of each manifest resource by construct path. */
  readonly manifestBytes: ReadonlyMap<string, number>;
}

/** What must be kept from loss, by the deployment's own configuration. */
export interface Expectations {
  /** Whether data must survive a deleted stack. */
  readonly retainData: boolean;
  readonly deletionProtection: boolean;
  readonly readReplicas: number;
}

/** Everything the rules look at: one app's templates, and the Kubernetes objects and Helm releases inside them. */
export interface Subject {
  readonly resources: readonly Resource[];
  readonly objects: readonly KubernetesObject[];
  readonly releases: readonly HelmRelease[];
  readonly stacks: readonly StackFacts[];
  readonly expectations: Expectations;
}

export function ofType(subject: Subject, type: string): readonly Resource[] {
  return subject.resources.filter((resource) => resource.type === type);
}

/** A property by path; `undefined` where the path ends early. */
export function property(resource: Resource, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Properties)[key] : undefined),
    resource.properties,
  );
}

/** A property that is a list of objects; empty when it is absent. */
export function properties(resource: Resource, ...path: readonly string[]): readonly Properties[] {
  const value = property(resource, ...path);
  return Array.isArray(value) ? (value as Properties[]) : [];
}

/** Logical id that a `Ref` or `Fn::GetAtt` names. */
export function referenceTo(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  return Ref ?? attribute?.[0];
}
