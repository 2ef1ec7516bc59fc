import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import type { KubernetesObject } from '../../lib/policy/kubernetes';
import { cells, objectsOf } from './cells';

/** Published by a real API server with our operators' definitions; written by `npm run verify:schema`. */
const file = join(__dirname, 'schema/kubernetes-1.36.3.openapi');

interface Definition {
  readonly [key: string]: unknown;
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly 'x-kubernetes-int-or-string'?: true;
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as { definitions: Record<string, Definition> };

/** As the API server's strict validation is: unknown fields are errors, numbers may stand for quantities. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const definition = value as Definition;
  if (definition['x-kubernetes-int-or-string'] || definition.format === 'int-or-string')
    return { type: ['integer', 'string'] };
  const inner = Object.fromEntries(Object.entries(definition).map(([key, each]) => [key, strict(each)]));
  const open = definition['x-kubernetes-preserve-unknown-fields'] || 'additionalProperties' in definition;
  const isSchema = definition.type === 'object' || typeof definition.type === 'undefined';
  return isSchema && isPropertyMap(definition.properties) && !open ? { ...inner, additionalProperties: false } : inner;
}

/** A property may itself be called `properties`; then its value is a schema, not a map of them. */
const isPropertyMap = (properties: unknown): boolean =>
  typeof properties === 'object' &&
  properties !== null &&
  !('type' in properties && typeof properties.type === 'string');

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({
  $id: 'kubernetes',
  definitions: { ...(strict(definitions) as object), [quantity]: { type: ['string', 'number'] } },
});

const validators = new Map<string, ValidateFunction>();

function validatorOf({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): ValidateFunction {
  const key = `${apiVersion}/${kind}`;
  const known = validators.get(key);
  if (known) return known;
  const name = Object.entries(definitions).find(([, definition]) =>
    (definition['x-kubernetes-group-version-kind'] ?? []).some(
      (each) => `${each.group === '' ? each.version : `${each.group}/${each.version}`}/${each.kind}` === key,
    ),
  )?.[0];
  if (name === undefined) throw new Error(`${key} is not served: run npm run verify:schema if it is a new kind`);
  const validate = ajv.compile({ $ref: `kubernetes#/definitions/${name}` });
  validators.set(key, validate);
  return validate;
}

function faults(object: KubernetesObject): string[] {
  const where = `${object.kind}/${object.metadata.name}`;
  const validate = validatorOf(object);
  validate(object);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${where}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

test.each(cells)('a Kubernetes 1.36 API server knows every field of %s', (_name, inputs) => {
  expect(objectsOf(inputs).flatMap(faults)).toEqual([]);
});

test.each([
  ['a misspelt field', 'Deployment', (object: Broken) => (object.spec.template.spec.containers[0].resource = {})],
  ['a text where a number belongs', 'PodDisruptionBudget', (object: Broken) => (object.spec.selector = 'chat')],
  ['a missing field', 'HorizontalPodAutoscaler', (object: Broken) => delete object.spec.maxReplicas],
  ['an unknown operator', 'NodePool', (object: Broken) => (object.spec.template.spec.requirements[0].operator = 'Is')],
])('%s is found in a %s', (_fault, kind, break_) => {
  const object = objectsOf((cells[1] as (typeof cells)[number])[1]).find((each) => each.kind === kind);
  if (!object) throw new Error(`no ${kind}`);
  const broken = structuredClone(object);
  break_(broken);
  expect(faults(broken)).not.toEqual([]);
});

// biome-ignore lint/suspicious/noExplicitAny: these tests reach into objects to break them
type Broken = any;
