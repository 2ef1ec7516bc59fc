import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { failWhenExited } from '../../runtime/local/child-process';
import { poll } from '../../runtime/local/poll';
import { type PrivatePostgres, type PrivateRedis, startPostgres, startRedis } from '../../runtime/local/testing';
import { authEnvironment } from '../auth/harness';
import { builtServices } from './built-services';
import { Relay } from './relay';
import { call, startServiceUnderTest, testSecrets } from './service';

/** What `runService` promises for every service, shown with auth. */
let postgres: PrivatePostgres;
let redis: PrivateRedis;
let secrets: ReturnType<typeof testSecrets>;
beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis({ cluster: false })]);
  secrets = testSecrets();
}, 90_000);
afterAll(async () => {
  await Promise.all([postgres?.stop(), redis?.stop()]);
  secrets?.remove();
});

const environment = (): Record<string, string> => ({ ...authEnvironment(postgres, redis, secrets) });

describe('a service process', () => {
  it('names every fault of its environment, no value, and ends with code 3', async () => {
    const child = spawn(process.execPath, [join(await builtServices(), 'auth/server.js')], {
      env: { PATH: process.env.PATH, PORT: 'no-port-hunter2', LOG_LEVEL: 'info' },
    });
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).toBe(3);
    for (const name of ['PORT', 'PG_WRITER', 'REDIS_URL', 'SIGNING_KEYS_FILE']) expect(text).toContain(name);
    expect(text).not.toContain('hunter2');
  }, 20_000);

  it('starts before its database and is ready when that comes', async () => {
    const relay = await Relay.start(postgres);
    relay.cut();
    const service = await startServiceUnderTest(
      'auth',
      { ...environment(), PG_WRITER: `127.0.0.1:${relay.port}` },
      { waitUntilReady: false },
    );
    const readiness = () => fetch(`${service.managementUrl}/readyz`);
    expect((await readiness()).status).toBe(503);
    expect((await fetch(`${service.managementUrl}/livez`)).status).toBe(200);
    relay.restore();
    await poll(async () => expect((await readiness()).status).toBe(200), { what: 'readiness', deadlineMs: 15_000 });
    await service.stop();
    await relay.stop();
  }, 40_000);

  it('started twice at once migrates once', async () => {
    const fresh = await startPostgres();
    const both = await Promise.all(
      [1, 2].map(() => startServiceUnderTest('auth', authEnvironment(fresh, redis, secrets))),
    );
    expect(both.flatMap(({ lines }) => lines).filter((line) => line.includes('trying again'))).toEqual([]);
    await Promise.all(both.map((service) => service.stop()));
    await fresh.stop();
  }, 60_000);

  it('answers what it has begun, then ends with code 0 at SIGTERM', async () => {
    const service = await startServiceUnderTest('auth', { ...environment(), DRAIN_SECONDS: '10' });
    // Password hashes take their time: these are under way when the signal comes.
    const underWay = Array.from({ length: 20 }, (_, i) =>
      call(service.baseUrl, '/api/auth/login', { body: { identifier: `nobody${i}`, password: 'some password' } }),
    );
    await poll(async () => expect(await requestsReceived(service.managementUrl)).toBeGreaterThanOrEqual(20), {
      what: 'all requests being received',
      deadlineMs: 5_000,
      intervalMs: 5,
    });
    const stopped = service.process.stop(15_000);
    const answers = await Promise.allSettled(underWay);
    const statuses = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.status : 'broken'));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(await stopped).toMatchObject({ code: 0, signal: null });
  }, 40_000);

  it('says that it is draining while it does, and ends at once at a second signal', async () => {
    const service = await startServiceUnderTest('auth', { ...environment(), DRAIN_SECONDS: '60' });
    const silent = await openSilentConnection(service.baseUrl);
    process.kill(service.process.pid, 'SIGTERM');
    await poll(
      async () => {
        const response = await fetch(`${service.managementUrl}/readyz`);
        expect(await response.json()).toMatchObject({ status: 'draining' });
      },
      { what: 'draining', deadlineMs: 5_000, abort: failWhenExited(service.process) },
    );
    process.kill(service.process.pid, 'SIGINT');
    expect(await service.process.exited).toMatchObject({ code: 1 });
    silent.destroy();
  }, 40_000);

  it('logs no secret, whatever it is asked at whatever level', async () => {
    const service = await startServiceUnderTest('auth', {
      ...environment(),
      LOG_LEVEL: 'trace',
      // Mails would print their links; here they fail, which is logged too.
      MAIL_TRANSPORT: 'smtp',
      SMTP_URL: 'smtp://127.0.0.1:9',
    });
    const password = 'a-very-Secret-phrase-1';
    const body = { handle: 'logged-user', email: 'logged@example.org', password };
    const account = await call(service.baseUrl, '/api/auth/signup', { body });
    const token: string = account.body.accessToken;
    const [cookie = ''] = (account.headers.get('set-cookie') ?? '').split(';');
    await call(service.baseUrl, '/api/auth/refresh', { method: 'POST', headers: { cookie, 'x-headend-client': 'x' } });
    await call(service.baseUrl, `/api/auth/me?token=${password}`, { token });
    await call(service.baseUrl, '/api/auth/password', { token, body: { password, newPassword: `${password}2` } });
    await call(service.baseUrl, '/api/auth/login', { body: { identifier: password, password, extra: password } });
    await call(service.baseUrl, '/api/auth/password-resets', { body: { email: body.email } });
    await call(service.baseUrl, '/api/auth/login', { body: `{"password":"${password}` });
    await service.stop();
    const output = service.lines.join('\n');
    expect(output).toContain('request answered');
    const mac = cookie.split('.').at(-1) ?? '';
    for (const secret of [password, token, token.split('.')[2] ?? '', mac]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(output).not.toContain(secret);
    }
  }, 40_000);
});

/** Answered and under way. */
async function requestsReceived(managementUrl: string): Promise<number> {
  const metrics = await (await fetch(`${managementUrl}/metrics`)).text();
  const values = [...metrics.matchAll(/^http_request(?:s_in_flight|_duration_seconds_count)\{.*\} (\d+)$/gm)];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

async function openSilentConnection(baseUrl: string) {
  const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(
    'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
  );
  return socket;
}
