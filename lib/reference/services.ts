import { analyticsContract } from '../../runtime/analytics/contract';
import { authContract } from '../../runtime/auth/contract';
import { chatContract } from '../../runtime/chat/contract';
import { ingestContract } from '../../runtime/ingest/contract';
import { packagerContract } from '../../runtime/packager/contract';
import type { RouteContract, ServiceContract } from '../../runtime/shared/contract';
import { problemsOf } from '../../runtime/shared/openapi';
import { type ProblemCode, problems } from '../../runtime/shared/problem';
import { limits } from '../../runtime/shared/rate-limit';
import { streamContract } from '../../runtime/stream/contract';
import { webContract } from '../../runtime/web/contract';
import { page, row, rule } from '../config/reference';

/** Every service there is. */
export const serviceContracts: readonly ServiceContract[] = [
  authContract,
  streamContract,
  chatContract,
  analyticsContract,
  webContract,
  ingestContract,
  packagerContract,
];

export interface InventoryEntry {
  readonly service: string;
  readonly name: string;
  readonly route: RouteContract;
}

/** Every HTTP and WebSocket route of the platform. */
export const routeInventory: readonly InventoryEntry[] = serviceContracts.flatMap((contract) =>
  Object.entries(contract.routes).map(([name, route]) => ({ service: contract.name, name, route })),
);

const tables = 'runtime/*/contract.ts';

/** `docs/reference/routes.md`: the route inventory. */
export function routesPage(): string {
  const sections = serviceContracts
    .filter(({ routes }) => Object.keys(routes).length > 0)
    .flatMap(({ name, description, routes }) => [
      `## ${name}`,
      '',
      description,
      '',
      row(['Route', 'Who may call it', 'Rate limit', 'CORS', 'What it does', 'Problems of its own']),
      rule(6),
      ...Object.values(routes).map(routeRow),
      '',
    ]);
  const limitRows = Object.entries(limits).map(([name, { burst, perMinute, subject }]) =>
    row([name, String(burst), String(perMinute), subject === 'ip' ? 'address (IPv6: its /56)' : 'user, else address']),
  );
  return page(
    'Routes',
    [
      'Every HTTP and WebSocket route, from the contracts that the services, the Ingress, the CDN and OpenAPI are made of.',
      'The OpenAPI 3.1 document of a service is at `/api/<service>/openapi.json`. Problems that follow from authentication,',
      'validation and limits are not repeated here; [errors](errors.md) has them all.',
      '',
      ...sections,
      '## Rate limits',
      '',
      row(['Name', 'At once', 'Per minute', 'Counted per']),
      rule(4),
      ...limitRows,
    ],
    tables,
  );
}

function routeRow(route: RouteContract): string {
  const { method, path, auth, roles, rateLimit, cors, summary, websocket, internal, problems: own = [] } = route;
  const who = [auth, ...(roles ? [`(${roles.join(', ')})`] : []), ...(internal ? ['internal'] : [])].join(' ');
  const verb = websocket ? 'WebSocket' : method;
  return row([`${verb} \`${path}\``, who, rateLimit, cors, summary, own.map((code) => `\`${code}\``).join(', ')]);
}

/** `docs/reference/errors.md`: every problem code and the routes that answer with it. */
export function errorsPage(): string {
  const codes = Object.keys(problems) as ProblemCode[];
  const rows = codes.map((code) => {
    const { status, title } = problems[code];
    return row([`\`${code}\``, String(status), title, answeredBy(code)]);
  });
  return page(
    'Errors',
    [
      'Every API answers a failure with a problem (RFC 9457), `application/problem+json`, whose `code` is one of these and',
      'whose `requestId` is in the logs. `detail` says more, for people; programs go by `code`. An answer with `Retry-After`',
      'may be repeated after that many seconds.',
      '',
      row(['Code', 'Status', 'Meaning', 'Answered by']),
      rule(4),
      ...rows,
    ],
    'runtime/shared/problem.ts',
  );
}

const fewRoutes = 8;

function answeredBy(code: ProblemCode): string {
  const own = routeInventory.filter(({ route }) => route.problems?.includes(code));
  const all = routeInventory.filter(({ route }) => problemsOf(route).includes(code));
  if (own.length > 0 && own.length <= fewRoutes && own.length === all.length) {
    return own.map(({ service, name }) => `${service}.${name}`).join(', ');
  }
  return `${all.length} routes`;
}
