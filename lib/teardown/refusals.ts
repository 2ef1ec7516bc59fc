import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { context as featureFlags } from '../../cdk.json';
import { buildApp } from '../app';
import type { Config } from '../config/config';

/** Something that stands in the way of a destroy, or outlives it. */
export interface Obstacle {
  readonly stack: string;
  readonly what: string;
  readonly why: string;
  /** What a person who means it does, before or after the destroy. */
  readonly step: string;
}

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties?: {
    readonly DeletionProtection?: boolean;
    readonly TerminationProtectionEnabled?: boolean;
    readonly LoadBalancerAttributes?: readonly { readonly Key: string; readonly Value: string }[];
  };
}

/** What `cdk destroy` of this deployment's region would refuse or leave behind, in the order to deal with it. */
export function obstacles(config: Config): { readonly refused: Obstacle[]; readonly left: Obstacle[] } {
  const outdir = mkdtempSync(join(tmpdir(), 'headend-teardown-'));
  const app = buildApp(
    config,
    new App({
      outdir,
      context: { ...featureFlags, 'aws:cdk:disable-asset-staging': true },
      // What is to be taken down was valid when it was deployed.
      builtinCloudFormationValidation: false,
    }),
  );
  const stacks = app.synth().nestedAssemblies.flatMap(({ nestedAssembly }) => nestedAssembly.stacks);
  const refused: Obstacle[] = [];
  const left: Obstacle[] = [];
  for (const { stackName: stack, environment, terminationProtection, template } of stacks) {
    if (terminationProtection) {
      refused.push({
        stack,
        what: 'the stack',
        why: 'it holds data and has termination protection',
        step: `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${stack} --region ${environment.region}`,
      });
    }
    for (const [id, resource] of Object.entries(template.Resources as Record<string, Resource>)) {
      const what = `${resource.Type} ${id}`;
      if (refusesDeletion(resource))
        refused.push({ stack, what, why: 'it has deletion protection', step: howToUnlock(resource) });
      const policy = resource.DeletionPolicy;
      if (policy === 'Retain' || policy === 'Snapshot') {
        left.push({ stack, what, why: whyLeft(policy), step: howToRemove(resource, policy) });
      }
    }
  }
  return { refused, left };
}

function refusesDeletion({ Properties }: Resource): boolean {
  const { DeletionProtection, TerminationProtectionEnabled, LoadBalancerAttributes } = Properties ?? {};
  const locked = LoadBalancerAttributes?.some(
    ({ Key, Value }) => Key === 'deletion_protection.enabled' && Value === 'true',
  );
  return DeletionProtection === true || TerminationProtectionEnabled === true || locked === true;
}

const unlockCommands: Readonly<Record<string, string>> = {
  'AWS::RDS::DBInstance': 'aws rds modify-db-instance --no-deletion-protection --db-instance-identifier …',
  'AWS::DocDB::DBCluster': 'aws docdb modify-db-cluster --no-deletion-protection --db-cluster-identifier …',
  'AWS::EKS::Cluster': 'aws eks update-cluster-config --no-deletion-protection --name …',
  'AWS::ElasticLoadBalancingV2::LoadBalancer':
    'aws elbv2 modify-load-balancer-attributes --attributes Key=deletion_protection.enabled,Value=false --load-balancer-arn …',
};

const howToUnlock = ({ Type }: Resource) => unlockCommands[Type] ?? 'turn its protection off where it is managed';

const whyLeft = (policy: 'Retain' | 'Snapshot') =>
  policy === 'Snapshot' ? 'a last snapshot of it is taken' : 'it is kept as it is';

function howToRemove({ Type }: Resource, policy: 'Retain' | 'Snapshot'): string {
  if (policy === 'Snapshot') return 'delete the snapshot when nobody can need it any more';
  if (Type === 'AWS::S3::Bucket') return 'empty and delete the bucket; archived recordings cost until then';
  if (Type === 'AWS::KMS::Key') return 'schedule its deletion after the last snapshot that needs it is gone';
  return 'delete it by hand';
}
