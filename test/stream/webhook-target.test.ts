import { isPublicAddress, resolveTarget } from '../../runtime/stream/webhooks/target';

describe('a webhook', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    'not an address',
  ])('does not go to %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])('may go to %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(['https://127.0.0.1/x', 'https://localhost/x', 'https://[::1]/x', 'https://2130706433/', 'https://0x7f.1/'])(
    'is not sent to %s, however it is written',
    async (url) => {
      await expect(resolveTarget(url, false)).rejects.toThrow('not a public address');
    },
  );

  it('needs https', async () => {
    await expect(resolveTarget('http://1.1.1.1/x', false)).rejects.toThrow('https');
  });
});
