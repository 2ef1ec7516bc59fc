import { useEffect, useState } from 'react';
import { analytics, type Heartbeat } from '../api/analytics';

const retrySeconds = 15;
const viewerIdName = 'headend-viewer';

/** Says that somebody is watching, as often as the server asks. Returns the number of viewers it answers. */
export function useHeartbeat(streamId: string, active: boolean, transport: Heartbeat['transport']): number | undefined {
  const [viewers, setViewers] = useState<number>();
  useEffect(() => {
    if (!active) return;
    const sessionId = crypto.randomUUID();
    const heartbeat = (state: Heartbeat['state']): Heartbeat => ({
      streamId,
      sessionId,
      viewerId: viewerId(),
      transport,
      state,
    });
    let timer: number | undefined;
    let stopped = false;
    const beat = async () => {
      const answer = await analytics.heartbeat(heartbeat('playing')).catch(() => undefined);
      if (stopped) return;
      if (answer) setViewers(answer.viewers);
      timer = window.setTimeout(beat, (answer?.nextSeconds ?? retrySeconds) * 1_000);
    };
    const leave = () => analytics.sayGoodbye(heartbeat('ended'));
    void beat();
    window.addEventListener('pagehide', leave);
    return () => {
      stopped = true;
      window.clearTimeout(timer);
      window.removeEventListener('pagehide', leave);
      leave();
    };
  }, [streamId, active, transport]);
  return viewers;
}

/** Random and of this browser only; it counts unique viewers. */
function viewerId(): string {
  const kept = localStorage.getItem(viewerIdName);
  if (kept !== null) return kept;
  const fresh = crypto.randomUUID();
  localStorage.setItem(viewerIdName, fresh);
  return fresh;
}
