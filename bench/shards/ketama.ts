import { createHash } from 'node:crypto';

const pointsPerShard = 160;

/** The peer: a hash ring as `hash … consistent` of NGINX builds it (libketama), 160 points per server. */
export class KetamaRing {
  private readonly points: { readonly at: number; readonly shard: string }[] = [];

  constructor(shards: readonly string[]) {
    for (const shard of shards) {
      for (let replica = 0; replica < pointsPerShard / 4; replica += 1) {
        const digest = createHash('md5').update(`${shard}-${replica}`).digest();
        for (let part = 0; part < 4; part += 1) this.points.push({ at: digest.readUInt32LE(part * 4), shard });
      }
    }
    this.points.sort((a, b) => a.at - b.at);
  }

  shardOf(key: string): string {
    const hash = createHash('md5').update(key).digest().readUInt32LE(0);
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.points[middle]?.at ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return this.points[low % this.points.length]?.shard ?? '';
  }
}
