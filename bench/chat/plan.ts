/** What the parent, the servers and the load client agree on. */

/** The size of one message as it is delivered, in bytes of JSON. */
export const messageBytes = 160;
export const publishers = 100;
export const room = 'st_bench';

export type DialectName = 'plain' | 'socket-io' | 'centrifuge' | 'headend';

export interface LoadPlan {
  readonly port: number;
  readonly dialect: DialectName;
  readonly connections: number;
  readonly messagesPerSecond: number;
  readonly warmUpSeconds: number;
  readonly measuredSeconds: number;
}

/** From the load client to its parent, in this order. */
export type LoadReport =
  | { readonly type: 'connected' }
  | { readonly type: 'measuring' }
  | { readonly type: 'measured' }
  | ({ readonly type: 'result' } & LoadResult);

export interface LoadResult {
  /** Within the measured time. */
  readonly deliveries: number;
  readonly frames: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Over the whole run: any of these voids it. */
  readonly published: number;
  readonly missing: number;
  readonly outOfOrder: number;
  readonly disconnected: number;
}
