import { Problem } from './problem';

/**
 * Lets `concurrency` pieces of work run at once and `waiting` more wait; further ones are refused at once, so that a
 * flood of logins costs a bounded amount of memory and time.
 */
export class BoundedQueue {
  private running = 0;
  private readonly waiters: (() => void)[] = [];

  constructor(
    private readonly concurrency: number,
    private readonly longest: number,
  ) {}

  /** How many wait. */
  get length(): number {
    return this.waiters.length;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.concurrency) {
      if (this.waiters.length >= this.longest) {
        throw new Problem('unavailable', 'too many passwords are being checked', { retryAfterSeconds: 2 });
      }
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    } else {
      this.running++;
    }
    try {
      return await work();
    } finally {
      // The slot is handed on, so that nobody who comes later slips in before the first who waits.
      const next = this.waiters.shift();
      if (next) next();
      else this.running--;
    }
  }
}
