import { audioFragmentSeconds } from '../../runtime/packager/ladder/ffmpeg-arguments';
import { audioRendition } from '../../runtime/packager/ladder/table';
import {
  alignmentFaults,
  type MediaPlaylist,
  readMediaPlaylist,
  readMultivariant,
  updateFaults,
} from '../../test/packager/conformance';
import { holes } from './holes';

const pollMs = 2_000;

/** Reads the live playlists of all renditions as players do, through the edge, and checks each against the last. */
export class PlaylistWatch {
  readonly faults = new Set<string>();
  reads = 0;
  #before = new Map<string, MediaPlaylist>();
  #reading: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly multivariantUrl: string) {
    this.#timer = setInterval(() => {
      this.#reading = this.#reading.then(() =>
        this.#read().catch((error: Error) => void this.faults.add(error.message)),
      );
    }, pollMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
  }

  async #read(): Promise<void> {
    const playlists = await readPresentation(this.multivariantUrl);
    for (const [url, playlist] of Object.entries(playlists)) {
      const before = this.#before.get(url);
      const faults = [
        ...playlist.faults,
        ...(before ? updateFaults(before, playlist) : []),
        ...untaggedHoles(url, playlist),
      ];
      for (const fault of faults) this.faults.add(`${renditionOf(url)}: ${fault}`);
      this.#before.set(url, playlist);
      this.reads += 1;
    }
  }
}

/** All media playlists of a presentation by URL; rejects when the multivariant playlist breaks a rule. */
export async function readPresentation(multivariantUrl: string): Promise<Readonly<Record<string, MediaPlaylist>>> {
  const { variants, audio, faults } = readMultivariant(await text(multivariantUrl));
  if (faults.length > 0) throw new Error(faults.join('; '));
  const urls = new Set([...variants, ...audio].map(({ uri }) => new URL(uri, multivariantUrl).href));
  const read = async (url: string) => [url, readMediaPlaylist(await text(url))] as const;
  return Object.fromEntries(await Promise.all([...urls].map(read)));
}

/** What is wrong with a presentation that has ended; rejects while it has not. */
export async function endedFaults(multivariantUrl: string): Promise<readonly string[]> {
  const playlists = await readPresentation(multivariantUrl);
  const open = Object.entries(playlists).flatMap(([url, { ended }]) => (ended ? [] : [url]));
  if (open.length > 0) throw new Error(`no end is in ${open.join(', ')}`);
  return [
    ...alignmentFaults(playlists),
    ...Object.entries(playlists).flatMap(([url, playlist]) => [...playlist.faults, ...untaggedHoles(url, playlist)]),
  ];
}

/** Dates are in milliseconds. */
const videoToleranceSeconds = 0.05;
/** Audio is cut at its fragment nearest to the picture's boundary, and dated as the picture is. */
const audioToleranceSeconds = audioFragmentSeconds + 0.05;

function untaggedHoles(url: string, { segments }: MediaPlaylist): string[] {
  const rendition = renditionOf(url);
  const tolerance = rendition === audioRendition.name ? audioToleranceSeconds : videoToleranceSeconds;
  return holes(segments, tolerance).flatMap(({ tagged, seconds, sequence }) =>
    tagged ? [] : [`${rendition}: ${seconds.toFixed(3)} s are missing before segment ${sequence}, without a tag`],
  );
}

const renditionOf = (url: string) => new URL(url).pathname.split('/').at(-2) ?? '';

async function text(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${new URL(url).pathname} answered ${answer.status}`);
  return answer.text();
}
