import { appendFileSync } from 'node:fs';

export interface FaultLine {
  readonly fault: string;
  readonly injected: string;
  readonly observed: string;
  readonly lost: number;
}

/** One line of the table that `npm run test:faults` prints. */
export function report(line: FaultLine): void {
  const file = process.env.FAULT_TABLE;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}
