import { fromChatPolicy, parsePolicy, roleIn } from '../../../runtime/chat/policy/room-policy';
import type { ChatPolicy } from '../../../runtime/stream/contract';

const told: ChatPolicy = {
  streamId: 'st_00000000000000000001',
  channelId: 'ch_00000000000000000001',
  channelOwnerId: 'us_owner',
  state: 'live',
  visibility: 'public',
  moderators: ['us_z', 'us_a'],
  slowModeSeconds: 5,
  followersOnly: true,
  emoteOnly: false,
  linksAllowed: false,
  blockedWords: ['x'],
};

describe('a room’s policy', () => {
  it('is the stream service’s, the same whatever order its moderators come in', () => {
    const policy = fromChatPolicy(told);
    expect(policy).toEqual(fromChatPolicy({ ...told, moderators: ['us_a', 'us_z'] }));
    expect(policy.settings).toEqual({
      slowModeSeconds: 5,
      followersOnly: true,
      emoteOnly: false,
      linksAllowed: false,
      blockedWords: ['x'],
    });
    expect(parsePolicy(JSON.stringify(policy))).toEqual(policy);
  });

  it.each([
    ['live', false],
    ['interrupted', false],
    ['ended', true],
    ['archived', true],
  ] as const)('of a stream that is %s is closed: %s', (state, isClosed) => {
    expect(fromChatPolicy({ ...told, state }).isClosed).toBe(isClosed);
  });

  it.each([
    ['us_owner', 'viewer', 'owner'],
    ['us_a', 'viewer', 'moderator'],
    ['us_x', 'moderator', 'moderator'],
    ['us_x', 'admin', 'moderator'],
    ['us_x', 'broadcaster', 'viewer'],
    ['us_x', 'viewer', 'viewer'],
  ] as const)('makes %s, a %s of the platform, %s here', (userId, role, here) => {
    expect(roleIn(fromChatPolicy(told), { userId, role })).toBe(here);
  });
});
