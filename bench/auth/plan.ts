/** What the load client is told, as JSON in the file it is given. */
export interface LoadPlan {
  readonly port: number;
  readonly kind: 'login' | 'verified-request';
  readonly concurrency: number;
  readonly seconds: number;
  /** Handles to sign in with, in turn. */
  readonly handles: readonly string[];
  readonly password: string;
  /** Access tokens to ask with, in turn. */
  readonly tokens: readonly string[];
}

/** What it prints at the end. */
export interface LoadResult {
  readonly answers: number;
  /** Answers other than 200: any makes the run void. */
  readonly wrong: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}
