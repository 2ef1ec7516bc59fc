import { executeCommand } from './execute';
import { type Installation, type Progress, type ResolvedServer, type ServerDefinition, Unavailable } from './types';

/** No step supplied the server: says what was tried and what would help. */
export class ServerMissing extends Error {
  override readonly name = 'ServerMissing';

  constructor(
    { title, minimumVersion, remedy }: ServerDefinition,
    readonly reasons: readonly string[],
  ) {
    super(
      `${title} ${minimumVersion} or newer could not be found or installed. Fix: ${remedy}\nTried:\n` +
        reasons.map((reason) => `  - ${reason}`).join('\n'),
    );
  }
}

/** Walks the definition's steps and returns the first that yields a program of a sufficient version. */
export async function resolveServer(
  definition: ServerDefinition,
  progress: Progress,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ResolvedServer> {
  const url = definition.urlVariable && environment[definition.urlVariable];
  if (url) {
    const report = { name: definition.title, version: 'as it runs', origin: definition.urlVariable ?? '' };
    return { kind: 'url', url, report };
  }
  const patience = keepSaying(progress);
  try {
    return await walk(definition, patience.progress);
  } finally {
    patience.done();
  }
}

async function walk(definition: ServerDefinition, progress: Progress): Promise<ResolvedServer> {
  const reasons: string[] = [];
  for (const step of definition.steps) {
    try {
      const installation = await step.install(progress);
      const version = await installedVersion(definition, installation);
      const { origin, standIn } = installation;
      const report = { name: definition.title, version, origin, ...(standIn !== undefined && { standIn }) };
      return { kind: 'installed', installation, report };
    } catch (error) {
      reasons.push(`${step.origin}: ${(error as Error).message}`);
    }
  }
  throw new ServerMissing(definition, reasons);
}

const reminderMs = 20_000;

/** Reminds people who wait that work goes on, once something was said to take long. */
function keepSaying(progress: Progress): { readonly progress: Progress; done(): void } {
  let timer: NodeJS.Timeout | undefined;
  const done = () => clearInterval(timer);
  return {
    progress(sentence) {
      done();
      progress(sentence);
      const since = Date.now();
      timer = setInterval(
        () => progress(`still at it, ${Math.round((Date.now() - since) / 1_000)} s so far`),
        reminderMs,
      );
    },
    done,
  };
}

async function installedVersion(definition: ServerDefinition, installation: Installation): Promise<string> {
  const { program, versionArguments, versionPattern, minimumVersion } = definition;
  const output = await executeCommand(installation.command(program), versionArguments);
  const version = versionPattern.exec(output)?.[1];
  if (version === undefined) throw new Unavailable(`${program} does not tell its version`);
  if (!isAtLeast(version, minimumVersion)) throw new Unavailable(`version ${version} is older than ${minimumVersion}`);
  return version;
}

/** Compares dotted numbers; a missing part counts as zero. */
export function isAtLeast(version: string, minimum: string): boolean {
  const parts = (text: string) => text.split('.').map(Number);
  const [have, want] = [parts(version), parts(minimum)];
  for (const [index, wanted] of want.entries()) {
    const difference = (have[index] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
