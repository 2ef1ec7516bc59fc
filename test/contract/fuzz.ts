import { readFileSync } from 'node:fs';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import fc from 'fast-check';
import { type Answered, call } from './service';

/**
 * A property-based fuzzer that knows a service by its OpenAPI document alone: it sends what the document allows and what
 * it does not, and holds every answer to the document.
 */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly required: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: JsonSchema }>> }>>;
  readonly security?: readonly Readonly<Record<string, readonly []>>[];
  readonly description?: string;
}

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface Fuzzed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function operationsOf(document: OpenApiDocument): readonly Fuzzed[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** Strings that have broken somebody's service. */
const nasty: readonly string[] = JSON.parse(readFileSync(`${__dirname}/nasty-strings.json`, 'utf8'));

const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

/** Values that the schema describes, about. A rule it cannot express makes some of them invalid, which is welcome. */
export function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(valuesOf));
  const [type] = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  switch (type) {
    case 'string':
      return stringsOf(schema);
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -1_000, -(2 ** 31)),
        max: Math.min(schema.maximum ?? 1_000_000, 2 ** 31 - 1),
      });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      });
    case 'object':
      return objectsOf(schema);
    default:
      return anything;
  }
}

function stringsOf({ pattern, format, minLength = 0, maxLength = 100 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'email') return fc.emailAddress();
  if (format === 'date-time') {
    return fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString());
  }
  if (format === 'uri') return fc.webUrl({ validSchemes: ['https'] });
  if (pattern) return fc.stringMatching(new RegExp(pattern));
  const bounded = fc.string({ minLength, maxLength: Math.min(maxLength, 300), unit: 'grapheme' });
  return fc.oneof({ weight: 4, arbitrary: bounded }, { weight: 1, arbitrary: fc.constantFrom(...nasty) });
}

function objectsOf({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema)]));
  return fc.record(fields, { requiredKeys: [...required] as never[] });
}

/** Mostly what the schema describes; else with a field too many, a field of another type, or something else entirely. */
function bodiesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const good = valuesOf(schema);
  const spoiled = fc.tuple(good, fc.string({ maxLength: 20 }), anything).map(([body, key, value]) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return value;
    const names = Object.keys(body);
    const name = names.length > 0 && key.length % 2 === 0 ? (names[key.length % names.length] ?? key) : key;
    return { ...body, [name]: value };
  });
  return fc.oneof(
    { weight: 5, arbitrary: good },
    { weight: 2, arbitrary: spoiled },
    { weight: 1, arbitrary: anything },
  );
}

export interface FuzzRequest {
  readonly path: string;
  readonly body: unknown;
  readonly as: string;
}

/**
 * Requests for an operation. `known` gives values that exist for parameters of that name, so that handlers are reached;
 * `callers` are the names of who may ask.
 */
export function requestsOf(
  { path, operation }: Fuzzed,
  known: Readonly<Record<string, readonly string[]>>,
  callers: readonly string[],
): fc.Arbitrary<FuzzRequest> {
  const parameters = operation.parameters.map(({ name, in: where, required, schema }) => {
    const described = valuesOf(schema).map(String);
    const existing = known[name];
    const value = existing ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...existing) }, described) : described;
    const wild = fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constantFrom(...nasty) });
    const given = where === 'path' || required ? wild : fc.option(wild, { nil: undefined });
    return given.map((text) => ({ name, where, text }));
  });
  const content = operation.requestBody?.content['application/json'];
  return fc.record({
    as: fc.constantFrom(...callers),
    body: content ? bodiesOf(content.schema) : fc.constant(undefined),
    path: fc.tuple(...parameters).map((values) => fill(path, values)),
  });
}

function fill(
  path: string,
  values: readonly { readonly name: string; readonly where: 'path' | 'query'; readonly text: string | undefined }[],
): string {
  let filled = path;
  const query = new URLSearchParams();
  for (const { name, where, text } of values) {
    if (text === undefined) continue;
    // An empty segment would be another path; a lone surrogate cannot be sent at all.
    if (where === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(wellFormed(text) || '-'));
    else query.set(name, wellFormed(text));
  }
  return query.size > 0 ? `${filled}?${query}` : filled;
}

/** With U+FFFD for each half of a surrogate pair. */
const wellFormed = (text: string) => Buffer.from(text).toString();

/** Says what of an answer is not in the document; empty when all is. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor({ components }: OpenApiDocument) {
    this.ajv.addSchema({ $id: 'openapi', components });
  }

  faultsOf({ method, path, operation }: Fuzzed, answer: Answered): readonly string[] {
    const documented = operation.responses[String(answer.status)];
    if (!documented) return [`status ${answer.status} (${answer.body?.code ?? ''}) is not documented`];
    if (answer.status >= 500 && answer.body?.code !== 'capacity') return [`it answered ${answer.status}`];
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    const content = documented.content?.[type];
    if (!documented.content) return answer.body === '' ? [] : ['it has a body where none is documented'];
    if (!content) return [`content type ${type} is not documented for ${answer.status}`];
    const validate = this.validatorOf(`${method} ${path} ${answer.status} ${type}`, content.schema);
    if (validate(answer.body)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  private validatorOf(key: string, schema: JsonSchema): ValidateFunction {
    const known = this.validators.get(key);
    if (known) return known;
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components'));
    const compiled = this.ajv.compile(absolute);
    this.validators.set(key, compiled);
    return compiled;
  }
}

export async function fetchDocument(baseUrl: string, service: string): Promise<OpenApiDocument> {
  return (await call(baseUrl, `/api/${service}/openapi.json`)).body as OpenApiDocument;
}
