import { feedFromParameter, type PublishSession } from '../../shared/broadcast';

/** The gate answered, but not with this session's media. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
}

const connectTimeoutMs = 5_000;

/**
 * Opens the gate's feed of an RTMP session. Ends when the session is over; throws when the gate dies or does not
 * answer. `fromMs` is the session's time from which media is wanted, absent for all that is kept.
 */
export async function openFeed(
  session: PublishSession,
  fromMs: number | undefined,
  serviceToken: () => Promise<string>,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  if (session.feedUrl === undefined) throw new FeedError(`session ${session.sessionId} has no feed`);
  const url = new URL(session.feedUrl);
  if (fromMs !== undefined) url.searchParams.set(feedFromParameter, String(Math.floor(fromMs)));
  const connecting = new AbortController();
  const timer = setTimeout(() => connecting.abort(new FeedError('the gate does not answer')), connectTimeoutMs);
  try {
    const response = await fetch(url, {
      headers: { Authorization: `Bearer ${await serviceToken()}` },
      signal: AbortSignal.any([signal, connecting.signal]),
    });
    if (!response.ok || !response.body) throw new FeedError(`the gate answers ${response.status}`);
    return response.body;
  } finally {
    clearTimeout(timer);
  }
}
