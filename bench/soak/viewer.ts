import type { BrowserRecord, Sample, WatchPage } from '../latency/watch-page';

const collectEveryMs = 5_000;

/** What the player says while nothing is wrong: the encoder is away. */
const patient = 'The broadcast is about to start…';

/** A viewer who stays. Keeps what the page saw from the first to the last picture. */
export class Viewer {
  readonly samples: Sample[] = [];
  readonly freezes: BrowserRecord['freezes'][number][] = [];
  readonly #problems: string[] = [];
  #collecting: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly watching: WatchPage) {
    this.#timer = setInterval(() => {
      this.#collecting = this.#collecting.then(() => this.#collect());
    }, collectEveryMs);
  }

  get problems(): readonly string[] {
    return [...this.#problems, ...this.watching.errors];
  }

  /** Takes what is left and leaves. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await this.#collecting;
    await this.#collect();
    await this.watching.close();
  }

  async #collect(): Promise<void> {
    try {
      const { samples, freezes, problems } = await this.watching.takeRecord();
      this.samples.push(...samples);
      this.freezes.push(...freezes);
      this.#problems.push(...problems.filter((problem) => problem !== patient));
    } catch (error) {
      this.#problems.push(`the page did not answer: ${(error as Error).message}`);
    }
  }
}
