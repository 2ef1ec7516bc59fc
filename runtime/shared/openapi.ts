import { z } from 'zod';
import { problemSchema, type RouteContract, type ServiceContract } from './contract';

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
    ...((route.auth === 'user' || route.auth === 'service') && { security: [{ [route.auth]: [] }] }),
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(route.body !== undefined && { requestBody: { required: true, content: content(route) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, schema]) => [
          status,
          {
            description: 'The answer.',
            ...(schema !== null &&
              schema !== 'stream' && { content: { 'application/json': { schema: jsonSchema(schema, 'output') } } }),
          },
        ]),
      ),
      default: {
        description: 'A problem (RFC 9457).',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
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
