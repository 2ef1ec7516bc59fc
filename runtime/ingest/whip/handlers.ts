import type { Response } from 'express';
import { bearerToken, type Handlers } from '../../shared/http';
import { Problem } from '../../shared/problem';
import type { ingestContract } from '../contract';
import type { SessionStore } from '../sessions/session-store';
import type { LiveKitWhip, WhipAnswer } from './livekit-whip';
import type { WhipPublishers } from './whip-publishers';
import type { WhipResources } from './whip-resources';

export interface WhipHandlerParts {
  readonly publishers: WhipPublishers;
  readonly resources: WhipResources;
  readonly livekit: LiveKitWhip;
  readonly store: SessionStore;
  readonly isDraining: () => boolean;
}

const endpointHeaders = { Allow: 'POST, OPTIONS', 'Accept-Post': 'application/sdp' };
const resourceHeaders = { Allow: 'PATCH, DELETE, OPTIONS', 'Accept-Patch': 'application/trickle-ice-sdpfrag' };

/** WHIP (RFC 9725) under our own paths, with our own keys; media and SDP are LiveKit's. */
export function createWhipHandlers(parts: WhipHandlerParts): Omit<Handlers<typeof ingestContract>, 'feed'> {
  const { publishers, resources, livekit, store, isDraining } = parts;
  const find = async (id: string, request: { headers: { authorization?: string | undefined } }) => {
    const resource = await resources.find(id, bearerToken(request));
    if (!resource) throw new Problem('not-found');
    return resource;
  };
  return {
    async publishWhip({ body, request, address }) {
      const streamKey = bearerToken(request);
      if (streamKey === undefined) throw new Problem('unauthenticated', 'The stream key is the bearer token.');
      if (isDraining()) throw new Problem('unavailable', undefined, { retryAfterSeconds: 1 });
      const session = await publishers.publish(streamKey, address, body);
      return {
        status: 201,
        headers: { ...session.headers, Location: `/whip/${session.id}`, 'Cache-Control': 'no-store' },
        write: writeSdp(session),
      };
    },

    async describeWhip() {
      return { status: 204, headers: endpointHeaders };
    },

    async changeWhip({ params, body, request }) {
      const ifMatch = request.header('if-match');
      if (ifMatch === undefined) throw new Problem('invalid-request', 'PATCH needs If-Match (RFC 9725 § 4.3.1).');
      const resource = await find(params.resource, request);
      const answer = await livekit.change(resource, resource.upstream, ifMatch, body);
      return answer
        ? { status: 200, headers: { ...answer.headers, 'Cache-Control': 'no-store' }, write: writeSdp(answer) }
        : { status: 204 };
    },

    async endWhip({ params, request }) {
      const resource = await find(params.resource, request);
      await livekit.end(resource, resource.upstream);
      if (publishers.has(params.resource)) await publishers.stop(params.resource, 'ended');
      // The gate that keeps the session sees the mark at its next renewal.
      else await store.release(resource.session, true);
      return { status: 200 };
    },

    async describeWhipResource() {
      return { status: 204, headers: resourceHeaders };
    },
  };
}

/** Express would add a charset, which `application/sdp` does not have. */
const writeSdp = (answer: WhipAnswer) => (response: Response) => {
  response.end(answer.body);
};
