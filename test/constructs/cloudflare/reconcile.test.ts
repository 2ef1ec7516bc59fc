import fc from 'fast-check';
import { type CloudflareApi, cloudflareApi } from '../../../constructs/cloudflare/handler/api';
import { desiredPhases, ownedPhases } from '../../../constructs/cloudflare/handler/desired-rules';
import { type MediaZoneEvent, onEvent } from '../../../constructs/cloudflare/handler/on-event';
import { applyMediaZone, removeMediaZone } from '../../../constructs/cloudflare/handler/reconcile';
import type { MediaZoneSettings } from '../../../constructs/cloudflare/handler/settings';
import { hlsKeys } from '../../../runtime/shared/media-layout';
import { FakeCloudflare, type Fault } from './fake-cloudflare';

const settings: MediaZoneSettings = {
  accountId: 'account',
  zoneId: 'zone',
  tokenSecret: 'token',
  owner: 'headend-prod',
  host: 'media.example.com',
  bucket: 'headend-prod-hls',
  allowedOrigins: ['https://example.com'],
};

let fake: FakeCloudflare;
let api: CloudflareApi;

beforeEach(async () => {
  fake = new FakeCloudflare();
  api = cloudflareApi({ apiToken: 'secret', baseURL: await fake.start() });
});
afterEach(() => fake.stop());

/** Our rules by phase, without what the API adds. */
function ourRules() {
  return Object.fromEntries(
    [...fake.rulesets].map(([phase, { rules }]) => [
      phase,
      rules
        .filter(({ ref }) => ref.startsWith('headend-prod/'))
        .map(({ ref }) => ref)
        .sort(),
    ]),
  );
}

const wanted = (of = settings) =>
  Object.fromEntries([...desiredPhases(of)].map(([phase, rules]) => [phase, rules.map(({ ref }) => ref).sort()]));

const changesOf = (requests: readonly string[]) => requests.filter((request) => /^(POST|PATCH|DELETE) /.test(request));

describe('the media zone', () => {
  test('is made whole: bucket, host name, expiry, CORS, cache tier and every rule', async () => {
    await applyMediaZone(api, settings);
    const bucket = fake.buckets.get('headend-prod-hls');
    expect(bucket?.domains.get('media.example.com')).toMatchObject({ enabled: true, minTLS: '1.2' });
    expect(bucket?.lifecycle).toMatchObject([{ deleteObjectsTransition: { condition: { maxAge: 30 * 86_400 } } }]);
    expect(bucket?.cors).toMatchObject([{ allowed: { origins: ['https://example.com'], methods: ['GET', 'HEAD'] } }]);
    expect(fake.tieredCache).toBe('on');
    expect(ourRules()).toEqual(wanted());
  });

  test('is left alone by a second run: the only changes are writes of what is the same', async () => {
    await applyMediaZone(api, settings);
    fake.requests.length = 0;
    const changes = await applyMediaZone(api, settings);
    expect(changesOf(fake.requests)).toEqual(['PATCH /zones/zone/cache/tiered_cache_smart_topology_enable']);
    for (const phase of Object.values(changes)) expect(phase).toEqual({ created: [], changed: [], deleted: [] });
  });

  test('is repaired where somebody edited, disabled or deleted a rule or the host name', async () => {
    await applyMediaZone(api, settings);
    const cache = fake.rulesets.get('http_request_cache_settings')?.rules[0];
    const firewall = fake.rulesets.get('http_request_firewall_custom')?.rules[0];
    if (!cache || !firewall) throw new Error('the rules were not made');
    cache.expression = 'false';
    firewall.enabled = false;
    fake.rulesets.get('http_ratelimit')?.rules.splice(0);
    Object.assign(fake.buckets.get('headend-prod-hls')?.domains.get('media.example.com') ?? {}, { minTLS: '1.0' });

    const changes = await applyMediaZone(api, settings);

    expect(changes.http_request_cache_settings?.changed).toEqual(['headend-prod/media.example.com/cache-media']);
    expect(changes.http_request_firewall_custom?.changed).toEqual(['headend-prod/media.example.com/only-media']);
    expect(changes.http_ratelimit?.created).toEqual(['headend-prod/media.example.com/flood']);
    expect(fake.buckets.get('headend-prod-hls')?.domains.get('media.example.com')?.minTLS).toBe('1.2');
    expect(ourRules()).toEqual(wanted());
  });

  test('loses rules of ours that are no longer wanted, and the second of two with one ref', async () => {
    await applyMediaZone(api, settings);
    fake.addForeignRule('http_ratelimit', { ref: 'headend-prod/media.example.com/retired' });
    fake.addForeignRule('http_ratelimit', { ref: 'headend-prod/media.example.com/flood' });
    const { http_ratelimit: changes } = await applyMediaZone(api, settings);
    expect(changes?.deleted).toEqual([
      'headend-prod/media.example.com/retired',
      'headend-prod/media.example.com/flood',
    ]);
    expect(ourRules()).toEqual(wanted());
  });

  test('never touches a rule of somebody else, on apply or on removal', async () => {
    const foreign = ownedPhases.flatMap((phase) => [
      fake.addForeignRule(phase, { ref: 'mine', expression: 'http.host eq "shop.example.com"' }),
      fake.addForeignRule(phase, { ref: 'headend-production/media.example.com/flood' }),
    ]);
    const before = structuredClone(foreign);
    await applyMediaZone(api, settings);
    await applyMediaZone(api, settings);
    await removeMediaZone(api, settings);
    expect([...fake.rulesets.values()].flatMap(({ rules }) => rules).sort(byId)).toEqual(before.sort(byId));
    expect(fake.requests.filter((request) => request.startsWith('PUT /zones'))).toEqual([]);
  });

  test('is removed with its bucket, and again without complaint', async () => {
    await applyMediaZone(api, settings);
    await expect(removeMediaZone(api, settings)).resolves.toBe('removed');
    expect(fake.buckets.size).toBe(0);
    expect(Object.values(ourRules()).flat()).toEqual([]);
    await expect(removeMediaZone(api, settings)).resolves.toBe('removed');
  });

  test('keeps a bucket that still holds media, but takes its host name off', async () => {
    await applyMediaZone(api, settings);
    const bucket = fake.buckets.get('headend-prod-hls');
    if (!bucket) throw new Error('the bucket was not made');
    bucket.objects = 1;
    await expect(removeMediaZone(api, settings)).resolves.toBe('kept');
    expect(bucket.domains.size).toBe(0);
  });

  test('moves to another host name: the new one is made before the old one is deleted', async () => {
    const moved = { ...settings, host: 'hls.example.com' };
    await applyMediaZone(api, settings);
    await applyMediaZone(api, moved);
    await expect(removeMediaZone(api, settings)).resolves.toBe('kept');
    expect(ourRules()).toEqual(wanted(moved));
    expect([...(fake.buckets.get('headend-prod-hls')?.domains.keys() ?? [])]).toEqual(['hls.example.com']);
  });

  test('gives up with the API’s own message when a fault does not pass', async () => {
    fake.fault = (_, path) => (path.endsWith('/rulesets') ? 'unavailable' : undefined);
    await expect(applyMediaZone(api, settings)).rejects.toThrow('try again');
  });

  test('converges through rate limits, outages and lost answers, whatever their order, beside foreign rules', async () => {
    const faults = fc.array(
      fc.option(fc.constantFrom<Fault>('rate-limited', 'unavailable', 'answer-lost'), { nil: undefined, freq: 2 }),
      { minLength: 10, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(faults, async (script) => {
        fake.buckets.clear();
        fake.rulesets.clear();
        const foreign = structuredClone(fake.addForeignRule('http_ratelimit', { ref: 'mine' }));
        const pending = [...script];
        fake.fault = () => pending.shift();
        await applyMediaZone(api, settings).catch(() => undefined);
        fake.fault = () => undefined;
        await applyMediaZone(api, settings);
        expect(ourRules()).toEqual(wanted());
        expect(fake.rulesets.get('http_ratelimit')?.rules).toContainEqual(foreign);
      }),
      { numRuns: 25 },
    );
  });
});

describe('an event', () => {
  const send = (RequestType: MediaZoneEvent['RequestType'], properties: object = settings) =>
    onEvent({ RequestType, ResourceProperties: { ...properties } }, async () => api);

  test('creates, finds nothing to update, repairs on schedule, and deletes', async () => {
    const created = await send('Create');
    expect(created.PhysicalResourceId).toBe('zone/headend-prod-hls/media.example.com');
    expect(created.report).toMatchObject({ http_ratelimit: { created: ['headend-prod/media.example.com/flood'] } });
    expect((await send('Update')).report).toMatchObject({ http_ratelimit: { created: [], changed: [], deleted: [] } });
    fake.rulesets.get('http_ratelimit')?.rules.splice(0);
    expect((await send('Repair')).report).toMatchObject({
      http_ratelimit: { created: ['headend-prod/media.example.com/flood'] },
    });
    expect((await send('Delete')).report).toBe('removed');
  });

  test('of another host is another resource, so that CloudFormation deletes the old one after', async () => {
    const moved = await send('Update', { ...settings, host: 'hls.example.com' });
    expect(moved.PhysicalResourceId).toBe('zone/headend-prod-hls/hls.example.com');
  });

  test('with settings that are not complete is refused before anything is touched', async () => {
    await expect(send('Create', { ...settings, host: undefined })).rejects.toThrow('host');
    expect(fake.requests).toEqual([]);
  });
});

const byId = (a: { readonly id: string }, b: { readonly id: string }) => a.id.localeCompare(b.id);

describe('the response rules', () => {
  /** Enough of Cloudflare's rule language for our own expressions. */
  function matches(expression: string, path: string): boolean {
    const terms = expression.slice(1, -1).split(' and ');
    return terms.every((term) => {
      const [, negated, pattern] = /^(not )?http\.request\.uri\.path wildcard "(.*)"$/.exec(term) ?? [];
      if (pattern === undefined) return true;
      const found = new RegExp(`^${pattern.replace(/[.?+]/g, '\\$&').replaceAll('*', '.*')}$`).test(path);
      return negated ? !found : found;
    });
  }

  const at = { region: 'us-east-1', streamId: 's1', mediaAccess: 'open' } as const;
  const rules = desiredPhases(settings).get('http_response_cache_settings') ?? [];

  test.each([
    ['live playlist', hlsKeys.livePlaylist(at, '720p'), 1],
    ['event playlist', hlsKeys.eventPlaylist(at, '720p'), 2],
    ['multivariant playlist', hlsKeys.liveMultivariant(at), 2],
    ['latest thumbnail', hlsKeys.latestThumbnail(at), 10],
    ['storyboard', hlsKeys.storyboard(at), 10],
  ])('let exactly one rule decide about a %s', (_, key, seconds) => {
    const deciding = rules.filter(({ expression = '' }) => matches(expression, `/${key}`));
    expect(deciding).toMatchObject([{ action_parameters: { 'max-age': { operation: 'set', value: seconds } } }]);
  });

  test('leave immutable objects to their own header', () => {
    const key = `/${hlsKeys.mediaSegment(at, '720p', 1, 1)}`;
    expect(rules.filter(({ expression = '' }) => matches(expression, key))).toEqual([]);
  });
});
