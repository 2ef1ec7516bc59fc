import { randomBytes } from 'node:crypto';
import { createGrants } from '../../runtime/stream/playback/grants';

const key = randomBytes(32);
const grants = createGrants(() => key);
const stream = { id: 'st_1', passphraseHash: 'hash' };
const now = new Date('2026-01-01T00:00:00Z');
const tomorrow = new Date('2026-01-02T00:00:00Z');

describe('a playback grant', () => {
  const grant = grants.create(stream, tomorrow);

  it('opens its stream until it ends', () => {
    expect(grants.isValid(grant, stream, now)).toBe(true);
    expect(grants.isValid(grant, stream, tomorrow)).toBe(false);
  });

  it('opens no other stream', () => {
    expect(grants.isValid(grant, { ...stream, id: 'st_2' }, now)).toBe(false);
  });

  it('ends with the passphrase it was given under', () => {
    expect(grants.isValid(grant, { ...stream, passphraseHash: 'another' }, now)).toBe(false);
  });

  it('cannot be made longer', () => {
    const longer = grant.replace(/^\d+/, (seconds) => String(Number(seconds) + 86_400));
    expect(grants.isValid(longer, stream, now)).toBe(false);
  });

  it('of another key opens nothing', () => {
    const others = createGrants(() => randomBytes(32));
    expect(grants.isValid(others.create(stream, tomorrow), stream, now)).toBe(false);
  });

  it.each(['', '.', '1.', 'x.y', `1.${'A'.repeat(43)}`, `-1.${'A'.repeat(43)}`])('is not %j', (text) => {
    expect(grants.isValid(text, stream, now)).toBe(false);
  });
});
