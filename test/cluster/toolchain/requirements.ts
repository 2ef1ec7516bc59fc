import { findOnPath } from '../../../runtime/local/provision/execute';

/** Containers are made by root alone, here. */
export function requireRootOnLinux(command: string): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error(`${command} needs root on Linux`);
}

/**
 * Throws with the command that supplies what is missing.
 * @param tools program → Debian's package
 * @param alsoMissing packages without a program to look for
 */
export function requireTools(tools: Readonly<Record<string, string>>, alsoMissing: readonly string[] = []): void {
  const missing = Object.entries(tools)
    .filter(([program]) => findOnPath(program) === undefined)
    .map(([, name]) => name)
    .concat(alsoMissing);
  if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}; apt-get install ${missing.join(' ')}`);
}
