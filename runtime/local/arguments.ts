import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartFailure } from './failure';
import { portsNeeded } from './port-plan';

export interface StartOptions {
  readonly demo: boolean;
  readonly verbose: boolean;
  readonly readyFile?: string;
  readonly portBase?: number;
  /** Where all data of this run lives. */
  readonly dataDirectory: string;
}

const highestPort = 65_535;

export const usage = `npm start -- [options]
  --demo                  also broadcast a test pattern
  --verbose               show every process's log
  --port-base N           use the ${portsNeeded} ports from N on instead of the usual ones
  --ready-file FILE       write FILE (JSON) when everything runs
  --data-directory DIR    keep data there instead of .headend`;

export function parseStartArguments(argv: readonly string[], defaultDataDirectory: string): StartOptions {
  const values = parse(argv);
  const portBase = values['port-base'] === undefined ? undefined : parsePortBase(values['port-base']);
  return {
    demo: values.demo ?? false,
    verbose: values.verbose ?? false,
    ...(values['ready-file'] !== undefined && { readyFile: resolve(values['ready-file']) }),
    ...(portBase !== undefined && { portBase }),
    dataDirectory: resolve(values['data-directory'] ?? defaultDataDirectory),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        demo: { type: 'boolean' },
        verbose: { type: 'boolean' },
        'port-base': { type: 'string' },
        'ready-file': { type: 'string' },
        'data-directory': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new StartFailure(`${(error as Error).message}\n${usage}`);
  }
}

function parsePortBase(text: string): number {
  const base = Number(text);
  if (Number.isInteger(base) && base >= 1_024 && base + portsNeeded - 1 <= highestPort) return base;
  throw new StartFailure(
    `--port-base ${text} is not possible: give a whole number from 1024 to ${highestPort - portsNeeded + 1}.`,
  );
}
