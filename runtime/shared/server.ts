import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Express } from 'express';
import express from 'express';
import type { z } from 'zod';
import { probes, type ServiceContract } from './contract';
import { EnvironmentError, parseEnvironment } from './environment';
import { createLogger, type Logger } from './log';
import { createRegistry, type Registry } from './metrics';

/** Exit code of a process whose environment is wrong: restarting will not help. */
export const badEnvironmentExitCode = 3;

export interface ServiceContext<C extends ServiceContract> {
  readonly config: Readonly<z.output<C['environment']>>;
  readonly log: Logger;
  readonly registry: Registry;
  /**
   * Does what must be done once before the service is of use, such as migrations, again and again until it succeeds.
   * Until then `/readyz` names it.
   */
  readonly whenReady: (name: string, work: () => Promise<void>) => Promise<void>;
}

export interface RunningService {
  readonly app: Express;
  /** Dependency name → a check that throws while it is missing. Asked at most once a second. */
  readonly readiness: Readonly<Record<string, () => Promise<void>>>;
  /** WebSocket upgrades; absent means they are refused. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Told at SIGTERM, before the listener closes: hand work over. */
  drain?(): Promise<void>;
  /** Told last: close clients. */
  close(): Promise<void>;
}

interface BaseConfig {
  readonly PORT: number;
  readonly MANAGEMENT_PORT: number;
  readonly BIND_ADDRESS: string;
  readonly LOG_LEVEL: string;
  readonly DRAIN_SECONDS: number;
}

/**
 * Runs one service as a process: environment, listeners, probes, drain. `start` wires the service and returns at once;
 * a dependency that is not there yet shows in `/readyz`, not in a crash loop. A second signal ends the process.
 */
export async function runService<C extends ServiceContract>(
  contract: C,
  start: (context: ServiceContext<C>) => Promise<RunningService>,
): Promise<void> {
  const config = readConfig(contract);
  const base = config as unknown as BaseConfig;
  const log = createLogger(contract.name, base.LOG_LEVEL);
  exitOnProgrammingError(log);
  const registry = createRegistry(contract.name);
  const state = { started: false, draining: false };
  const preparation = createPreparation(log);
  const running = await start({ config, log, registry, whenReady: preparation.whenReady });
  const main = createServer({ keepAliveTimeout: 75_000, requestTimeout: 30_000, headersTimeout: 10_000 }, running.app);
  main.on('upgrade', (request, socket, head) => {
    if (running.upgrade && !state.draining) running.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  });
  const management = createServer(managementApp({ ...running.readiness, ...preparation.readiness }, registry, state));
  await Promise.all([
    listen(main, base.PORT, base.BIND_ADDRESS),
    listen(management, base.MANAGEMENT_PORT, base.BIND_ADDRESS),
  ]);
  state.started = true;
  log.info({ port: base.PORT, managementPort: base.MANAGEMENT_PORT }, 'listening');

  onStopSignal(async (signal) => {
    log.info({ signal }, 'draining');
    state.draining = true;
    const deadline = setTimeout(() => main.closeAllConnections(), base.DRAIN_SECONDS * 1_000);
    await running.drain?.();
    await closeListener(main);
    clearTimeout(deadline);
    await running.close();
    management.closeAllConnections();
    await closeListener(management);
    log.info('stopped');
  }, log);
}

const retryPreparationMs = 1_000;

function createPreparation(log: Logger) {
  const readiness: Record<string, () => Promise<void>> = {};
  const whenReady = async (name: string, work: () => Promise<void>) => {
    let failure: unknown = new Error('not finished yet');
    let finished = false;
    readiness[name] = async () => {
      if (!finished) throw failure;
    };
    while (!finished) {
      try {
        await work();
        finished = true;
      } catch (error) {
        failure = error;
        log.warn({ err: error }, `${name}: trying again`);
        await pause(retryPreparationMs, undefined, { ref: false });
      }
    }
  };
  return { readiness, whenReady };
}

function readConfig<C extends ServiceContract>(contract: C): Readonly<z.output<C['environment']>> {
  try {
    return parseEnvironment(contract.name, contract.environment, process.env) as Readonly<z.output<C['environment']>>;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(badEnvironmentExitCode);
  }
}

const readinessMaxAgeMs = 1_000;
const checkTimeoutMs = 2_000;

function managementApp(
  readiness: RunningService['readiness'],
  registry: Registry,
  state: { readonly started: boolean; readonly draining: boolean },
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get(probes.live, (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get(probes.startup, (_request, response) => {
    response.status(state.started ? 200 : 503).json({ status: state.started ? 'ok' : 'starting' });
  });
  let latest: { readonly atMs: number; readonly missing: Promise<Record<string, string>> } | undefined;
  app.get(probes.ready, async (_request, response) => {
    if (!latest || Date.now() - latest.atMs > readinessMaxAgeMs) {
      latest = { atMs: Date.now(), missing: findMissing(readiness) };
    }
    const missing = await latest.missing;
    const ready = !state.draining && Object.keys(missing).length === 0;
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ok' : state.draining ? 'draining' : 'missing', missing });
  });
  app.get(probes.metrics, async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return app;
}

/** The dependencies that do not answer, each with the reason. */
async function findMissing(readiness: RunningService['readiness']): Promise<Record<string, string>> {
  const checks = Object.entries(readiness).map(async ([name, check]): Promise<[string, string] | undefined> => {
    const timer = AbortSignal.timeout(checkTimeoutMs);
    const timedOut = new Promise<never>((_resolve, reject) => {
      timer.addEventListener('abort', () => reject(new Error(`no answer within ${checkTimeoutMs} ms`)));
    });
    try {
      await Promise.race([check(), timedOut]);
      return undefined;
    } catch (error) {
      return [name, error instanceof Error ? error.message : String(error)];
    }
  });
  return Object.fromEntries((await Promise.all(checks)).filter((entry) => entry !== undefined));
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: address, backlog: 4_096 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Resolves when every connection is gone: idle ones at once, busy ones as soon as they are answered. */
function closeListener(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 100);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function onStopSignal(stop: (signal: NodeJS.Signals) => Promise<void>, log: Logger): void {
  let stopping = false;
  const handle = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    stop(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', handle);
  process.on('SIGINT', handle);
}

function exitOnProgrammingError(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
}
