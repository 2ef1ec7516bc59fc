import { clientAddress } from '../../../runtime/chat/connection/address';
import { TokenBucket } from '../../../runtime/chat/connection/token-bucket';

describe('the token bucket', () => {
  it('allows a burst, then its rate, whatever the clock does', () => {
    const bucket = new TokenBucket(3, 2, 1_000);
    expect([1, 2, 3, 4].map(() => bucket.take(1_000))).toEqual([true, true, true, false]);
    expect(bucket.take(1_500)).toBe(true);
    expect(bucket.take(1_500)).toBe(false);
    expect(bucket.take(0)).toBe(false);
  });
});

describe('the client’s address', () => {
  const request = (forwarded: string | undefined) =>
    ({ headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress: '10.0.0.9' } }) as never;

  it.each([
    [0, '6.6.6.6', '10.0.0.9'],
    [1, '1.1.1.1', '1.1.1.1'],
    [1, '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    [2, '6.6.6.6, 1.1.1.1, 10.0.0.1', '1.1.1.1'],
    [2, undefined, '10.0.0.9'],
  ])('behind %i proxies with %s is %s', (hops, forwarded, address) => {
    expect(clientAddress(request(forwarded), hops)).toBe(address);
  });
});
