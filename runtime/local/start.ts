import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseStartArguments } from './arguments';
import { describeRun } from './box';
import { killRemaining } from './child-process';
import { openDataDirectory } from './data-directory';
import { StartFailure } from './failure';
import { controlC, listenToKeys } from './keyboard';
import { openProcessLogs, say } from './output';
import { type Platform, repository, startPlatform } from './platform';
import { ServerMissing } from './provision/resolve';
import { writeReadyFile } from './ready-file';
import { Supervisor } from './supervisor';
import { createViewers } from './viewers';

/** `npm start`: the whole platform on this machine, until Ctrl-C. */
async function main(): Promise<void> {
  if (process.env.NODE_ENV === 'production') {
    throw new StartFailure(
      'npm start is for laptops and tests, and NODE_ENV is production. Unset it, or deploy with cdk.',
    );
  }
  // The AWS SDK's own notice about Node 20, seven lines at every start.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const options = parseStartArguments(process.argv.slice(2), join(repository, '.headend'));
  const data = openDataDirectory(options.dataDirectory);
  process.once('exit', () => {
    killRemaining();
    data.release();
  });
  if (data.leftBy !== undefined)
    say(`the last run (process ${data.leftBy}) did not end properly; its lock is taken over`);
  const supervisor = new Supervisor(say);
  const logs = openProcessLogs(data.directory('logs'), options.verbose);
  const stopped = stopOnSignal(async () => {
    say('stopping');
    await supervisor.stop();
    if (options.readyFile !== undefined) rmSync(options.readyFile, { force: true });
    logs.close();
  });

  const platform = await Promise.race([startPlatform({ options, data, supervisor, logs }), stopped.begun]);
  if (platform === undefined) return;
  const { ready } = platform;
  if (options.readyFile !== undefined) writeReadyFile(options.readyFile, ready);
  const interactive = process.stdin.isTTY === true;
  process.stdout.write(`${describeRun(ready, data.directory('logs'), interactive)}\n`);
  if (interactive) takeKeys(platform, supervisor, stopped.stop);
}

/** A second signal within this time is the first one, relayed by npm as well as sent by the terminal. */
const sameSignalMs = 500;

function stopOnSignal(stop: () => Promise<void>) {
  let begunAtMs: number | undefined;
  let begin: () => void = () => undefined;
  const begun = new Promise<undefined>((resolve) => {
    begin = () => resolve(undefined);
  });
  const handle = () => {
    if (begunAtMs === undefined) {
      begunAtMs = Date.now();
      begin();
      stop().then(
        () => process.exit(0),
        (error: Error) => fail(error),
      );
    } else if (Date.now() - begunAtMs > sameSignalMs) process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle);
  whenParentIsGone(handle);
  return { begun, stop: handle };
}

/** npm may be killed without a word to us: nobody could then end this run any more. */
function whenParentIsGone(stop: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, 1_000);
  timer.unref();
}

const pausedMs = 10_000;

function takeKeys({ ready, toggleBroadcaster }: Platform, supervisor: Supervisor, stop: () => void): void {
  const analyticsUrl = `http://127.0.0.1:${ready.ports.analytics}`;
  const viewers = createViewers({ baseUrl: ready.baseUrl, analyticsUrl });
  const actions: Readonly<Record<string, () => void | Promise<void>>> = {
    o: () => openInBrowser(ready.baseUrl),
    p: async () => say((await toggleBroadcaster()) ? 'the test pattern is on' : 'the test pattern is off'),
    v: async () => say(`${await viewers.add(50)} simulated viewers watch the newest live stream`),
    d: () => pauseRedis(supervisor),
    q: stop,
    [controlC]: stop,
  };
  const restoreTerminal = listenToKeys((key) => {
    void Promise.resolve(actions[key]?.()).catch((error: Error) => say(error.message));
  });
  process.once('exit', restoreTerminal);
}

function openInBrowser(url: string): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => say(`open ${url} yourself: there is no ${opener} here`))
    .unref();
}

/** Shows what the platform does without Redis: the process is frozen, as in a network cut. */
function pauseRedis(supervisor: Supervisor): void {
  const pid = supervisor.pid('redis');
  if (pid === undefined) {
    say('Redis is not one of ours: it was given by URL');
    return;
  }
  process.kill(pid, 'SIGSTOP');
  say(`Redis is frozen for ${pausedMs / 1_000} s`);
  setTimeout(() => {
    process.kill(pid, 'SIGCONT');
    say('Redis answers again');
  }, pausedMs);
}

/** Says what went wrong and ends; only what nobody foresaw comes with a stack. */
function fail(error: Error): void {
  const foreseen = error instanceof StartFailure || error instanceof ServerMissing;
  process.stderr.write(`headend  ${foreseen ? error.message : error.stack}\n`);
  process.exit(1);
}

main().catch(fail);
