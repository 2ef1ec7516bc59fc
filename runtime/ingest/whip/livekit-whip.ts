import { Problem } from '../../shared/problem';
import type { Rooms, Seat } from './rooms';
import { withUdpCandidatesFirst } from './sdp';

const endpoint = '/whip/v1';
const answerMs = 10_000;

export interface WhipAnswer {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface WhipSession extends WhipAnswer {
  /** LiveKit's own path of the session. */
  readonly resource: string;
}

/** LiveKit's WHIP endpoint. Every request carries a fresh grant for one seat, so that no token outlives its use. */
export class LiveKitWhip {
  constructor(
    private readonly url: string,
    private readonly rooms: Rooms,
  ) {}

  /** Throws {@link Problem} `invalid-request` for an offer that LiveKit does not take, else `upstream-failed`. */
  async publish(seat: Seat, offer: string): Promise<WhipSession> {
    const response = await this.send('POST', endpoint, seat, { 'content-type': 'application/sdp' }, offer);
    const resource = response.headers.get('location');
    if (resource === null || !resource.startsWith(`${endpoint}/`)) throw new Problem('upstream-failed');
    return { resource, body: withUdpCandidatesFirst(await response.text()), headers: passedOn(response) };
  }

  /** ICE trickle or restart. @param ifMatch the client's `If-Match`, which tells the two apart */
  async change(seat: Seat, resource: string, ifMatch: string, fragment: string): Promise<WhipAnswer | undefined> {
    const headers = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': ifMatch };
    const response = await this.send('PATCH', resource, seat, headers, fragment);
    const body = await response.text();
    return response.status === 204 ? undefined : { body, headers: passedOn(response) };
  }

  /** Also when LiveKit has forgotten the session already. */
  async end(seat: Seat, resource: string): Promise<void> {
    try {
      await this.send('DELETE', resource, seat, {}, undefined);
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'not-found')) throw error;
    }
  }

  private async send(
    method: string,
    path: string,
    seat: Seat,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
  ): Promise<Response> {
    const authorization = `Bearer ${await this.rooms.publishToken(seat)}`;
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { ...headers, authorization },
      ...(body !== undefined && { body }),
      redirect: 'error',
      signal: AbortSignal.timeout(answerMs),
    }).catch((error: unknown) => {
      throw new Problem('upstream-failed', 'The WebRTC server did not answer.', { cause: error });
    });
    if (response.ok) return response;
    const cause = new Error(`LiveKit answered ${response.status} to ${method}: ${await response.text()}`);
    if (response.status === 404) throw new Problem('not-found', undefined, { cause });
    if (response.status === 400) {
      throw new Problem('invalid-request', 'The WebRTC server does not accept this SDP.', { cause });
    }
    throw new Problem('upstream-failed', undefined, { cause });
  }
}

/** What of LiveKit's answer belongs to the client; the location is ours to tell. */
function passedOn(response: Response): Record<string, string> {
  const [type, etag, link] = ['content-type', 'etag', 'link'].map((name) => response.headers.get(name) ?? undefined);
  return {
    ...(type !== undefined && { 'Content-Type': type }),
    ...(etag !== undefined && { ETag: etag }),
    // LiveKit escapes the servers' addresses, `?` included, which clients do not undo.
    ...(link !== undefined && { Link: link.replace(/<([^>]*)>/g, (_, url: string) => `<${decodeURIComponent(url)}>`) }),
  };
}
