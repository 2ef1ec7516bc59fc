export interface StreamKey {
  readonly id: string;
  readonly channelId: string;
  readonly label: string;
  readonly hash: Buffer;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export type NewKey = Pick<StreamKey, 'id' | 'channelId' | 'label' | 'hash' | 'createdAt'>;

export interface KeyStore {
  /** `too-many` when the channel has {@link mostKeys} that are good. */
  create(key: NewKey): Promise<'created' | 'too-many'>;
  find(id: string): Promise<StreamKey | undefined>;
  /** Good ones first, newest first. */
  list(channelId: string): Promise<readonly StreamKey[]>;
  /** Revokes a key of the channel and tells the gates. `false` when there is no such good key. */
  revoke(channelId: string, id: string, at: Date): Promise<boolean>;
  /** Revokes and replaces in one step; `undefined` when there is no such good key. */
  rotate(
    channelId: string,
    id: string,
    successor: Pick<NewKey, 'id' | 'hash'>,
    at: Date,
  ): Promise<StreamKey | undefined>;
}

export const mostKeys = 20;
