import { ReconnectPasses } from '../../../runtime/ingest/sessions/reconnect-passes';
import type { PublishGrant } from '../../../runtime/shared/broadcast';

const grant = { streamId: 'st_1', keyId: 'key_1', resumeGraceSeconds: 60 } as PublishGrant;

function passes() {
  const clock = { ms: 0 };
  const issued = new ReconnectPasses(() => clock.ms);
  issued.issue('hk_1_secret', grant);
  return { clock, issued };
}

test('lets the same key in for the stream’s grace and no longer', () => {
  const { clock, issued } = passes();
  expect(issued.find('hk_1_other')).toBeUndefined();
  clock.ms = 59_999;
  expect(issued.find('hk_1_secret')).toBe(grant);
  clock.ms = 60_000;
  expect(issued.find('hk_1_secret')).toBeUndefined();
});

test.each([
  ['its key is revoked', { id: 1, keyId: 'key_1', streamId: null }, undefined],
  ['its stream is ended', { id: 1, keyId: 'key_1', streamId: 'st_1' }, undefined],
  ['another stream of the key is ended', { id: 1, keyId: 'key_1', streamId: 'st_2' }, grant],
  ['another key is revoked', { id: 1, keyId: 'key_2', streamId: null }, grant],
])('when %s', (_name, revocation, expected) => {
  const { issued } = passes();
  issued.revoke(revocation);
  expect(issued.find('hk_1_secret')).toBe(expected);
});
