import { bearerToken, type Handlers } from '../../shared/http';
import { Problem } from '../../shared/problem';
import { captionStaysMs, type streamContract } from '../contract';
import type { StreamDependencies } from '../dependencies';
import { identifyKey } from '../keys/identify';

type CaptionHandlers = Pick<Handlers<typeof streamContract>, 'addCaptions' | 'listCaptions'>;

export function createCaptionHandlers(dependencies: StreamDependencies): CaptionHandlers {
  const { streams, captions, now } = dependencies;
  return {
    async addCaptions({ request, body: { language, cues } }) {
      const { channelId } = await identifyKey(dependencies, bearerToken(request) ?? '');
      const stream = await streams.findInProgress(channelId);
      if (!stream || stream.startedAt === null) throw new Problem('conflict', 'the channel is not live');
      const { captionLanguages } = stream.channel.settings;
      if (!captionLanguages.includes(language)) {
        const others = captionLanguages.join(', ') || 'none';
        throw new Problem('conflict', `the channel has no captions in ${language}; its settings name ${others}`);
      }
      const arrivedMs = now().getTime();
      await captions.add(
        stream.id,
        cues.map(({ startMs = arrivedMs, endMs = startMs + captionStaysMs, text }) => ({
          ...{ language, startMs, endMs, text },
        })),
      );
      return { status: 202 };
    },

    async listCaptions({ params: { streamId }, query: { after } }) {
      return { status: 200, body: await captions.after(streamId, after) };
    },
  };
}
