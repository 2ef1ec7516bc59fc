import { ConfigError } from '../config/problem';
import { type Command, type ExitCode, exitCodes, UsageError } from './command';
import { costCommand } from './cost-command';
import { keysCommand } from './keys-command';
import { planCommand } from './plan-command';
import { smokeCommand } from './smoke-command';
import { teardownCommand } from './teardown-command';

const commands: Readonly<Record<string, Command>> = {
  plan: planCommand,
  cost: costCommand,
  keys: keysCommand,
  smoke: smokeCommand,
  teardown: teardownCommand,
};

export interface Printed {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

const help = [
  'usage: headend COMMAND [options]',
  '',
  ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(6)} ${summary}`),
  '',
  'Exit codes: 0 fine, 1 failed, 2 findings, 3 bad usage. --json prints facts for programs.',
].join('\n');

/** Runs one command line. */
export async function run([name, ...args]: readonly string[]): Promise<Printed> {
  const command = name === undefined ? undefined : commands[name];
  if (!command) {
    const asked = name === undefined || name === 'help' || name === '--help';
    return asked
      ? { exitCode: name === undefined ? exitCodes.badUsage : exitCodes.ok, stdout: help, stderr: '' }
      : { exitCode: exitCodes.badUsage, stdout: '', stderr: `no command "${name}"\n\n${help}` };
  }
  if (args.includes('--help')) return { exitCode: exitCodes.ok, stdout: `usage: ${command.usage}`, stderr: '' };
  try {
    const { exitCode, text, json } = await command.run(args);
    return { exitCode, stdout: args.includes('--json') ? JSON.stringify(json, null, 2) : text, stderr: '' };
  } catch (error) {
    return failed(error, command);
  }
}

function failed(error: unknown, { usage }: Command): Printed {
  if (error instanceof UsageError) {
    return { exitCode: exitCodes.badUsage, stdout: '', stderr: `${error.message}\nusage: ${usage}` };
  }
  const exitCode = error instanceof ConfigError ? exitCodes.badUsage : exitCodes.error;
  return { exitCode, stdout: '', stderr: error instanceof Error ? error.message : String(error) };
}
