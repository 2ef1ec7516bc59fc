import { randomBytes } from 'node:crypto';
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { BoundedQueue } from './bounded-queue';
import { Gauge, Histogram, type Registry } from './metrics';

/** Argon2id (the library's default variant), OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;

const longestQueue = 100;

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Without a hash, as for an unknown account, takes the same time and answers `false`. */
  verify(hashed: string | undefined, password: string): Promise<boolean>;
  /** Whether the hash was made with other parameters than today's. */
  isOutdated(hashed: string): boolean;
}

export async function createPasswordHasher(concurrency: number, registry: Registry): Promise<PasswordHasher> {
  const queue = new BoundedQueue(concurrency, longestQueue);
  const seconds = new Histogram({
    name: 'password_hash_seconds',
    help: 'Seconds to compute one password hash, waiting not included.',
    buckets: [0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 1],
    registers: [registry],
  });
  new Gauge({
    name: 'password_queue_length',
    help: 'Password checks that wait for a free slot.',
    registers: [registry],
    collect() {
      this.set(queue.length);
    },
  });
  const timed = <T>(work: () => Promise<T>): Promise<T> =>
    queue.run(async () => {
      const done = seconds.startTimer();
      try {
        return await work();
      } finally {
        done();
      }
    });
  const nobodys = await hash(randomBytes(16), parameters);
  return {
    hash: (password) => timed(() => hash(normalised(password), parameters)),
    async verify(hashed, password) {
      const matches = await timed(() => verify(hashed ?? nobodys, normalised(password)));
      return hashed !== undefined && matches;
    },
    isOutdated(hashed) {
      const used = parseOptions(hashed);
      return Object.entries(parameters).some(([name, value]) => used[name as keyof typeof parameters] !== value);
    },
  };
}

/** Typed on another keyboard, the same characters may be composed differently (NIST SP 800-63B § 5.1.1.2). */
const normalised = (password: string) => password.normalize('NFKC');
