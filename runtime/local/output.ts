import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';

/** Says one sentence to the person at the terminal. */
export function say(sentence: string): void {
  process.stdout.write(`headend  ${sentence}\n`);
}

export interface ProcessLogs {
  /** Takes the lines of one process: always to its file, to the terminal when verbose. */
  for(name: string): (line: string) => void;
  close(): void;
}

export function openProcessLogs(directory: string, verbose: boolean): ProcessLogs {
  const files = new Map<string, WriteStream>();
  return {
    for(name) {
      const file = files.get(name) ?? createWriteStream(join(directory, `${name}.log`));
      files.set(name, file);
      return (line) => {
        file.write(`${line}\n`);
        if (verbose) process.stdout.write(`${name.padEnd(16)} ${line}\n`);
      };
    },
    close() {
      for (const file of files.values()) file.end();
    },
  };
}
