import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { hlsStorageAddress, storageAddress } from '../../runtime/shared/hls-storage';

const r2 = 'https://account.r2.cloudflarestorage.com';
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headend-hls-storage-'));
  file = join(directory, 'access-key.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

const put = (accessKeyId: string) => writeFileSync(file, JSON.stringify({ accessKeyId, secretAccessKey: 'secret' }));

test('live media is beside the recordings unless it has an address of its own', () => {
  expect(hlsStorageAddress({ REGION: 'eu-west-1' })).toEqual({ region: 'eu-west-1' });
  const local = { REGION: 'eu-west-1', S3_ENDPOINT: 'http://127.0.0.1:9000' };
  expect(hlsStorageAddress(local)).toEqual(storageAddress(local));
});

test('another S3 API is called with the key in its file, and with the new one after a rotation', async () => {
  put('first');
  let now = Date.now();
  const settings = { REGION: 'eu-west-1', HLS_S3_ENDPOINT: r2, HLS_S3_CREDENTIALS_FILE: file };
  // Keys that have run out already are asked for again at the next request.
  const client = new S3Client(hlsStorageAddress(settings, () => now));
  expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'first', secretAccessKey: 'secret' });
  expect(await client.config.region()).toBe('auto');
  put('second');
  expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'first' });
  now -= 24 * 3_600_000;
  const later = new S3Client(hlsStorageAddress(settings, () => now));
  expect(await later.config.credentials()).toMatchObject({ accessKeyId: 'second' });
  put('third');
  expect(await later.config.credentials()).toMatchObject({ accessKeyId: 'third' });
});

test('an address without a key is refused, not called with the AWS credentials', () => {
  expect(() => hlsStorageAddress({ REGION: 'eu-west-1', HLS_S3_ENDPOINT: r2 })).toThrow('HLS_S3_CREDENTIALS_FILE');
});
