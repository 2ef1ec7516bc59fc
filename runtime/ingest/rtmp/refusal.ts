import { Problem, type ProblemCode } from '../../shared/problem';
import type { Refusal } from './publisher-protocol';

/** What the key itself is to blame for; encoders do not try these again by themselves. */
const badName: ReadonlySet<ProblemCode> = new Set(['stream-key-invalid', 'stream-key-revoked', 'stream-already-live']);

/** An error as the broadcaster's encoder shows it. Only problems speak; anything else is ours and says so. */
export function toRefusal(error: unknown): Refusal {
  if (!(error instanceof Problem)) {
    return { code: 'NetStream.Publish.Denied', description: 'Something went wrong on our side. Try again.' };
  }
  const code = badName.has(error.code) ? 'NetStream.Publish.BadName' : 'NetStream.Publish.Denied';
  return { code, description: error.message };
}
