import type { Handlers } from '../../shared/http';
import { Problem } from '../../shared/problem';
import type { streamContract } from '../contract';
import type { StreamDependencies } from '../dependencies';

/**
 * LiveKit's events are hints: they may be lost, repeated and come in any order, so none changes a stream's state. They
 * make the reconciler look now instead of in a few seconds.
 */
export function createLiveKitHandlers(
  { livekitWebhooks, now }: Pick<StreamDependencies, 'livekitWebhooks' | 'now'>,
  reconcileSoon: () => void,
): Pick<Handlers<typeof streamContract>, 'receiveLivekitWebhook'> {
  return {
    async receiveLivekitWebhook({ body, request, log }) {
      const event = await livekitWebhooks.verify(body, request.headers.authorization, now()).catch((error: unknown) => {
        throw new Problem('webhook-signature-invalid', undefined, { cause: error });
      });
      if (!(await livekitWebhooks.isNew(event))) return { status: 204 };
      log.debug({ event: event.event, room: event.room?.name }, 'LiveKit event');
      reconcileSoon();
      return { status: 204 };
    },
  };
}
