import { stream } from '../api/stream';
import { Copyable } from '../ui/copyable';
import { ErrorNotice } from '../ui/notice';
import { usePolled } from '../ui/use-polled';

const loadIngest = async () => (await stream.ingest()).regions;

/** Where to point an encoder: the nearest healthy region, and what it should send. */
export function EncoderPanel() {
  const { value: regions, error } = usePolled(loadIngest, 60);
  const [nearest] = regions ?? [];
  return (
    <section className="card stack">
      <h2>Encoder</h2>
      <ErrorNotice error={error} />
      {nearest && (
        <>
          <Copyable label={`RTMP server (${nearest.displayName})`} value={nearest.rtmpUrl} />
          <Copyable label="WHIP server (bearer token: your key)" value={nearest.whipUrl} />
        </>
      )}
      <p className="quiet">
        H.264 and AAC, a key frame every 2 s, constant bit rate. Without B-frames the top quality is passed through
        untouched.
      </p>
    </section>
  );
}
