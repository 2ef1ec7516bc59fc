import assert from 'node:assert/strict';
import { poll } from '../../../runtime/local/poll';
import { callWhip, iceRestartFragment, startWhipEncoder } from '../../ingest/support/whip';
import type { Scenario } from '../support/scenario';

/** LiveKit is given tokens of 60 s. Whatever a client asks for later than that must work all the same. */
const longerThanAGrantMs = 90_000;

export const whipPastItsGrant: Scenario = {
  name: 'WHIP after 90 s',
  expected: 'ICE can be restarted and the session ended',
  async play(stage) {
    const { key, grant } = stage.allow();
    await startWhipEncoder(stage.whipUrl, key);
    const session = await poll(
      async () => {
        const found = await stage.session(grant.streamId);
        assert.ok(found, 'there is none');
        return found;
      },
      { what: 'a session', deadlineMs: 15_000 },
    );
    const longEnough = async () => {
      assert.equal((await stage.session(grant.streamId))?.sessionId, session.sessionId);
      assert.ok(Date.now() - session.startedAtMs > longerThanAGrantMs, 'it is too early');
    };
    await poll(longEnough, { what: '90 s of broadcasting', deadlineMs: longerThanAGrantMs + 5_000, intervalMs: 1_000 });

    const [id] = await stage.redis.smembers(`ingest:{${session.region}}:whip-resources`);
    const resource = `${stage.whipUrl}/${id}`;
    const restarted = await callWhip('PATCH', resource, {
      bearer: key,
      headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
      body: iceRestartFragment,
    });
    assert.equal(restarted.status, 200);
    assert.match(await restarted.text(), /a=ice-ufrag:/);
    assert.equal((await callWhip('DELETE', resource, { bearer: key })).status, 200);
    const over = async () => assert.equal(await stage.session(grant.streamId), undefined);
    await poll(over, { what: 'the end', deadlineMs: 4_000 });
    return `${((Date.now() - session.startedAtMs) / 1_000).toFixed(0)} s after it began`;
  },
};
