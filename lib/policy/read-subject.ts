import { readFileSync } from 'node:fs';
import { CfnResource, type PolicyValidationStack, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { manifestBytes, objectsOf } from './manifest-text';
import type { Expectations, HelmRelease, Properties, Resource, StackFacts, Subject } from './subject';

const manifestType = 'Custom::AWSCDK-EKS-KubernetesResource';
const helmType = 'Custom::AWSCDK-EKS-HelmChart';

interface Template {
  readonly Resources?: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Properties; readonly DeletionPolicy?: string }>
  >;
}

/** Reads what was synthesized. */
export function readSubject(
  app: IConstruct,
  stacks: readonly PolicyValidationStack[],
  expectations: Expectations,
): Subject {
  const paths = constructPaths(app);
  const read = stacks.map(({ stackConstructPath, templatePath }) => {
    const text = readFileSync(templatePath, 'utf8');
    const resources = Object.entries((JSON.parse(text) as Template).Resources ?? {}).map(
      ([logicalId, { Type, Properties, DeletionPolicy }]): Resource => ({
        type: Type,
        logicalId,
        stack: stackConstructPath,
        path: paths.get(`${stackConstructPath}:${logicalId}`) ?? `${stackConstructPath}/${logicalId}`,
        properties: Properties ?? {},
        deletionPolicy: DeletionPolicy,
      }),
    );
    return { resources, facts: factsOf(stackConstructPath, text, resources) };
  });
  const resources = read.flatMap((each) => each.resources);
  return {
    resources,
    objects: resources
      .filter(({ type }) => type === manifestType)
      .flatMap(({ properties }) => objectsOf(properties.Manifest)),
    releases: resources.filter(({ type }) => type === helmType).map(releaseOf),
    stacks: read.map(({ facts }) => facts),
    expectations,
  };
}

/** Construct path of each resource, by stack path and logical id. */
function constructPaths(app: IConstruct): Map<string, string> {
  const resources = app.node.findAll().filter((node) => CfnResource.isCfnResource(node));
  return new Map(
    resources.map((resource) => {
      const stack = Stack.of(resource);
      return [`${stack.node.path}:${String(stack.resolve(resource.logicalId))}`, resource.node.path];
    }),
  );
}

function factsOf(path: string, text: string, resources: readonly Resource[]): StackFacts {
  const manifests = resources.filter(({ type }) => type === manifestType);
  return {
    path,
    resourceCount: resources.length,
    templateBytes: Buffer.byteLength(text),
    manifestBytes: new Map(manifests.map((each) => [each.path, manifestBytes(each.properties.Manifest)])),
  };
}

function releaseOf({ path, properties }: Resource): HelmRelease {
  const { Chart, Version, Repository } = properties;
  return { path, chart: String(Chart ?? Repository), version: Version === undefined ? undefined : String(Version) };
}
