import { existsSync } from 'node:fs';
import { Cluster } from 'ioredis';
import { RoomServiceClient } from 'livekit-server-sdk';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { poll } from '../../runtime/local/poll';
import { startLiveKit, startMongo, startPostgres, startRedis, startS3 } from '../../runtime/local/testing';

jest.setTimeout(600_000);

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('private servers for tests', () => {
  it('PostgreSQL streams to a replica that refuses writes', async () => {
    const postgres = await startPostgres({ replica: true });
    try {
      const replica = postgres.url.replace(`127.0.0.1:${postgres.port}`, postgres.reader ?? '');
      await query(postgres.url, 'CREATE TABLE seen AS SELECT 42 AS answer');
      const rows = await poll(() => query(replica, 'SELECT answer FROM seen'), {
        what: 'replication',
        deadlineMs: 5_000,
      });
      expect(rows).toEqual([{ answer: 42 }]);
      await expect(query(replica, 'DELETE FROM seen')).rejects.toThrow(/read-only transaction/);
    } finally {
      await postgres.stop();
    }
    expect(existsSync(postgres.credentialsFile)).toBe(false);
    await expect(query(postgres.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('Redis is a cluster of one node with sharded publish and subscribe', async () => {
    const redis = await startRedis();
    const cluster = new Cluster([{ host: redis.host, port: redis.port }], { shardedSubscribers: true });
    try {
      const received = new Promise((resolve) => cluster.on('smessage', (_channel, message) => resolve(message)));
      await cluster.ssubscribe('room');
      await cluster.spublish('room', 'hello');
      expect(await received).toBe('hello');
    } finally {
      cluster.disconnect();
      await redis.stop();
    }
  });

  it('the document store keeps documents', async () => {
    const mongo = await startMongo();
    const client = new MongoClient(mongo.url);
    try {
      const messages = client.db('chat').collection('messages');
      await messages.insertMany([{ text: 'a' }, { text: 'b' }]);
      expect(await messages.countDocuments({ text: 'b' })).toBe(1);
    } finally {
      await client.close();
      await mongo.stop();
    }
  });

  it('S3 lets anyone read what is under hls/ and nothing else', async () => {
    const s3 = await startS3();
    try {
      const anonymous = async (path: string) => (await fetch(`${s3.url}/${path}`)).status;
      expect(await anonymous(`${s3.hlsBucket}/hls/none.m3u8`)).toBe(404);
      expect(await anonymous(`${s3.hlsBucket}/other`)).toBe(403);
      expect(await anonymous(`${s3.recordingsBucket}/recordings/none.mp4`)).toBe(403);
    } finally {
      await s3.stop();
    }
  });

  it('LiveKit answers its API with the keys it was given', async () => {
    const livekit = await startLiveKit();
    try {
      const rooms = new RoomServiceClient(livekit.url, livekit.apiKey, livekit.apiSecret);
      await rooms.createRoom({ name: 'stage' });
      expect((await rooms.listRooms()).map(({ name }) => name)).toEqual(['stage']);
    } finally {
      await livekit.stop();
    }
  });
});
