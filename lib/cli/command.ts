import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Config } from '../config/config';
import { type Context, parseConfig } from '../config/parse';

/** Exit codes of every command; stable, so that a pipeline may branch on them. */
export const exitCodes = { ok: 0, error: 1, findings: 2, badUsage: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface Outcome {
  readonly exitCode: ExitCode;
  /** What a person reads. */
  readonly text: string;
  /** The same facts for a program; `schema` names their shape and version. */
  readonly json: { readonly schema: string } & Readonly<Record<string, unknown>>;
}

export interface Command {
  readonly summary: string;
  readonly usage: string;
  readonly run: (args: readonly string[]) => Outcome | Promise<Outcome>;
}

/** The command line cannot be understood. */
export class UsageError extends Error {}

/** Options every command takes. */
export const commonOptions = {
  context: { type: 'string', short: 'c', multiple: true },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

/** Reads options; a mistake becomes a {@link UsageError} with the parser's own words. */
export function options<const O extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], known: O) {
  try {
    return parseArgs({ args: [...args], options: { ...commonOptions, ...known }, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** `-c key=value`, as the CDK's own command line has it. */
export function configOf(context: readonly string[] = []): Config {
  const pairs = context.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`-c ${text}: expected key=value`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return parseConfig(Object.fromEntries(pairs) satisfies Context);
}

/** A number from the command line within limits, or `undefined` where it is not given. */
export function numberOption(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max)) {
    throw new UsageError(`--${name} ${text}: expected a number from ${min} to ${max}`);
  }
  return value;
}
