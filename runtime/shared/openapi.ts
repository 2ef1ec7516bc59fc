import { z } from 'zod';
import { problemSchema, type RouteContract, type ServiceContract } from './contract';
import { type ProblemCode, problems } from './problem';

/** Every problem that a route answers with: what its auth, limits and schemas imply, and its handler's own. */
export function problemsOf(route: RouteContract): readonly ProblemCode[] {
  const checksToken = route.auth === 'user' || route.auth === 'optional-user' || route.auth === 'service';
  const json = route.body !== undefined && (route.bodyType ?? 'json') === 'json';
  const implied: readonly (readonly [boolean, readonly ProblemCode[]])[] = [
    [checksToken, ['unauthenticated']],
    [route.roles !== undefined, ['forbidden']],
    [route.params !== undefined, ['not-found', 'invalid-request']],
    [route.query !== undefined || json, ['invalid-request']],
    [json || route.bodyType !== undefined, ['payload-too-large', 'unsupported-media-type']],
    [route.rateLimit !== 'none', ['rate-limited']],
    [true, ['unavailable', 'internal']],
  ];
  const codes = implied.flatMap(([applies, codesImplied]) => (applies ? codesImplied : []));
  return [...new Set([...codes, ...(route.problems ?? [])])];
}

/** OpenAPI 3.1 from the same schemas that check requests and answers. */
export function openApiDocument(contract: ServiceContract): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(contract.routes)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}').replace(/\*(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(name, route);
  }
  return {
    openapi: '3.1.0',
    info: { title: `Headend ${contract.name}`, description: contract.description, version: '1' },
    paths,
    components: {
      securitySchemes: {
        user: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        service: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        'stream-key': { type: 'http', scheme: 'bearer' },
        'livekit-webhook': { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        'refresh-cookie': { type: 'apiKey', in: 'cookie', name: 'headend-refresh' },
        'chat-ticket': { type: 'apiKey', in: 'query', name: 'ticket' },
      },
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
    },
  };
}

function operation(name: string, route: RouteContract): Record<string, unknown> {
  return {
    operationId: name,
    summary: route.summary,
    ...(route.websocket && { description: 'Upgraded to a WebSocket.' }),
    ...(route.internal && { 'x-internal': true }),
    ...securityOf(route),
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(route.body !== undefined && { requestBody: { required: true, content: content(route) } }),
    responses: { ...successes(route), ...failures(route) },
  };
}

function securityOf({ auth }: RouteContract): Record<string, unknown> {
  if (auth === 'public') return {};
  return { security: auth === 'optional-user' ? [{}, { user: [] }] : [{ [auth]: [] }] };
}

function successes(route: RouteContract): Record<string, unknown> {
  const described = Object.entries(route.responses).map(([status, schema]) => {
    const hasJson = schema !== null && schema !== 'stream';
    const body = hasJson && { content: { 'application/json': { schema: jsonSchema(schema, 'output') } } };
    return [status, { description: 'The answer.', ...body }];
  });
  return Object.fromEntries(described);
}

/** RFC 9457 problems by status, each with the codes that may stand in it. */
function failures(route: RouteContract): Record<string, unknown> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(route)) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const described = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/Problem' },
              { type: 'object', properties: { code: { enum: codes } } },
            ],
          },
        },
      },
    },
  ]);
  return Object.fromEntries(described);
}

function parameters(where: 'path' | 'query', schema: z.ZodObject | undefined): unknown[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
}

function content(route: RouteContract): Record<string, unknown> {
  const type = route.bodyType === 'sdp' ? 'application/sdp' : 'application/json';
  return { [type]: { schema: route.body ? jsonSchema(route.body, 'input') : {} } };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
