import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { routeInventory, serviceContracts } from '../../lib/reference/services';

const root = join(__dirname, '../..');

const serviceSources = readdirSync(join(root, 'runtime'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('local/') && !file.startsWith('web/app/'))
  .map((file) => `runtime/${file}`)
  .sort();

describe('the route inventory', () => {
  it('has every route of a service under a prefix that is routed to it, or internal', () => {
    const lost = routeInventory.filter(({ service, route }) => {
      const prefixes = serviceContracts.find(({ name }) => name === service)?.prefixes ?? [];
      return !route.internal && !prefixes.some((prefix) => route.path.startsWith(prefix));
    });
    expect(lost.map(({ service, name }) => `${service}.${name}`)).toEqual([]);
  });

  it('has each method and path once', () => {
    const seen = routeInventory.map(({ route }) => `${route.method} ${route.path}`);
    expect(seen).toEqual([...new Set(seen)]);
  });

  it('has no prefix that two services claim', () => {
    const prefixes = serviceContracts.flatMap((contract) => contract.prefixes);
    expect(prefixes).toEqual([...new Set(prefixes)]);
  });

  it('has one CORS class per path, because a preflight asks for a path', () => {
    const classes = new Map<string, Set<string>>();
    for (const { service, route } of routeInventory) {
      const key = `${service} ${route.path}`;
      classes.set(key, (classes.get(key) ?? new Set()).add(route.cors));
    }
    expect([...classes].filter(([, found]) => found.size > 1).map(([path]) => path)).toEqual([]);
  });

  it.each(routeInventory.map((entry) => [`${entry.service}.${entry.name}`, entry.route] as const))(
    '%s is as closed as it says',
    (_name, route) => {
      // Whoever may come from anywhere is limited, unless the answer is a constant that caches keep, or a page.
      const isConstant = ['/api/auth/jwks', '/assets/:file', '/{*path}'].includes(route.path);
      const provesItself = ['service', 'livekit-webhook', 'stream-key'].includes(route.auth);
      if (!isConstant && !provesItself && route.method !== 'OPTIONS') expect(route.rateLimit).not.toBe('none');
      // Open to every origin means without credentials: nothing behind it may depend on who asks.
      if (route.cors === 'any') expect(route.auth).toBe('public');
      if (route.internal) expect(route.auth).toBe('service');
      if (route.auth === 'service') expect(route.cors).toBe('none');
      if (route.roles) expect(route.auth).toBe('user');
      expect(route.summary).toMatch(/\S/);
    },
  );

  it('is the only place that makes routes: nothing else imports Express’s code', () => {
    const importsCode = /^import (?!type ).*from 'express'/m;
    const importers = serviceSources.filter((file) => importsCode.test(readFileSync(join(root, file), 'utf8')));
    // The packager has no routes; it serves its probes through an empty application.
    expect(importers).toEqual(['runtime/packager/server.ts', 'runtime/shared/http.ts', 'runtime/shared/server.ts']);
  });

  it('is the only place that gets requests: nothing else makes an HTTP server', () => {
    const makesServer = /import [^;]*\bcreateServer\b[^;]*from 'node:https?'/;
    const makers = serviceSources.filter((file) => makesServer.test(readFileSync(join(root, file), 'utf8')));
    expect(makers).toEqual(['runtime/shared/server.ts']);
  });
});
