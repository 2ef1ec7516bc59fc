import { ApiProblem } from './api/http';
import { type Playback, type Stream, stream } from './api/stream';
import { sessionMark } from './session-mark';

/** What a watch page needs to know before it can play. */
export interface Watched {
  readonly shown: Stream;
  /** Absent while the stream is locked: its page asks for the passphrase. */
  readonly playback: Playback | undefined;
}

export interface Question {
  readonly streamId: string;
  readonly transport: 'hls' | 'webrtc';
  readonly token: string | undefined;
  /** What a share link brings along, or a passphrase opened. */
  readonly grant: string | undefined;
}

export async function askForStream(question: Question, signal?: AbortSignal): Promise<Watched> {
  const { streamId, transport, token, grant } = question;
  const options = { transport, ...(grant !== undefined && { grant }) };
  const [shown, playback] = await Promise.all([
    stream.get(streamId, token, signal),
    stream.playback(streamId, token, options).catch((problem: unknown) => {
      if (problem instanceof ApiProblem && problem.code === 'playback-locked') return undefined;
      throw problem;
    }),
  ]);
  return { shown, playback };
}

let early: { readonly streamId: string; readonly watched: Promise<Watched> } | undefined;

/** Asks while the page's own script is still on its way: for visitors without a session, of whom nothing need be known. */
export function askEarly({ pathname, search }: Location): void {
  const streamId = /^\/watch\/([\w-]+)$/.exec(pathname)?.[1];
  if (streamId === undefined || search !== '' || sessionMark.isSet()) return;
  const watched = askForStream({ streamId, transport: 'hls', token: undefined, grant: undefined });
  // Whoever takes it sees the failure.
  watched.catch(() => undefined);
  early = { streamId, watched };
}

/** The early answer, once, where it answers this question. */
export function takeEarly({ streamId, transport, token, grant }: Question): Promise<Watched> | undefined {
  if (early?.streamId !== streamId || transport !== 'hls' || token !== undefined || grant !== undefined)
    return undefined;
  const { watched } = early;
  early = undefined;
  return watched;
}
