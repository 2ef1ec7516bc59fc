import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Handler } from '../../shared/http';
import { Counter, Gauge, type Registry } from '../../shared/metrics';
import { Problem } from '../../shared/problem';
import { feedSessionHeader, type ingestContract } from '../contract';
import { readFeed } from './feed';
import type { Feeds } from './feeds';

/** Serves feeds to packagers. The HTTP layer has checked that the caller is a process of ours. */
export function createFeedHandler(feeds: Feeds, registry: Registry): Handler<typeof ingestContract.routes.feed> {
  const registers = [registry];
  const readers = new Gauge({ name: 'headend_ingest_feed_readers', help: 'Open feeds.', registers });
  const skips = new Counter({
    name: 'headend_ingest_feed_skips_total',
    help: 'Times that a reader was slower than the spool and lost media.',
    registers,
  });
  return async ({ params, query, principal, log }) => {
    if (principal.service !== 'packager') throw new Problem('forbidden');
    const feed = feeds.get(params.streamId);
    if (!feed || (query.session !== undefined && query.session !== feed.sessionId)) {
      throw new Problem('not-found', 'This session does not publish here.');
    }
    return {
      status: 200,
      headers: { 'Content-Type': 'video/x-flv', 'Cache-Control': 'no-store', [feedSessionHeader]: feed.sessionId },
      async write(response) {
        const gone = new AbortController();
        response.once('close', () => gone.abort());
        readers.inc();
        try {
          const tags = readFeed(feed.spool, query.fromMs, gone.signal, () => skips.inc());
          await pipeline(Readable.from(tags, { objectMode: false }), response);
        } catch (error) {
          // A packager that hangs up is no fault of anybody's.
          log.debug({ err: error, streamId: params.streamId }, 'a feed was left');
        } finally {
          readers.dec();
        }
      },
    };
  };
}
