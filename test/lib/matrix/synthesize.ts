import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, cx_api } from 'aws-cdk-lib';
import { context } from '../../../cdk.json';
import { buildApp } from '../../../lib/app';
import type { Config } from '../../../lib/config/config';

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
}

export interface SynthesizedStack {
  /** Path of the stack, e.g. `eu-west-1/data`. */
  readonly id: string;
  readonly stackName: string;
  readonly terminationProtection: boolean;
  readonly template: Template;
  /** The template as written. */
  readonly text: string;
  readonly missing: readonly unknown[];
  /** Names of the stacks that are deployed before it. */
  readonly after: readonly string[];
}

/**
 * Synthesizes with the feature flags of `cdk.json`; files that would only be uploaded are not copied. CDK's own validation
 * is left to the policy's test, which holds every kind of cell against it: it takes longer than all the rest.
 */
export function synthesize(config: Config): SynthesizedStack[] {
  const app = buildApp(
    config,
    new App({
      outdir: mkdtempSync(join(tmpdir(), 'headend-synth-')),
      context: { ...context, 'aws:cdk:disable-asset-staging': true },
      builtinCloudFormationValidation: false,
      analyticsReporting: false,
      treeMetadata: false,
    }),
  );
  const assembly = app.synth();
  return assembly.nestedAssemblies.flatMap(({ nestedAssembly }) =>
    nestedAssembly.stacks.map((stack) => read(stack, nestedAssembly.manifest.missing ?? [])),
  );
}

function read(stack: cx_api.CloudFormationStackArtifact, missing: readonly unknown[]): SynthesizedStack {
  const template = stack.template as Template;
  return {
    id: stack.hierarchicalId,
    stackName: stack.stackName,
    terminationProtection: stack.terminationProtection ?? false,
    template,
    text: JSON.stringify(template, undefined, 1),
    missing,
    after: stack.dependencies.flatMap((dependency) =>
      dependency instanceof cx_api.CloudFormationStackArtifact ? [dependency.stackName] : [],
    ),
  };
}
