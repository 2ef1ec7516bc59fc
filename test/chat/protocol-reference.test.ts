import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeCodes, refusals } from '../../runtime/chat/protocol';

const page = readFileSync(join(__dirname, '../../docs/reference/chat-protocol.md'), 'utf8');

describe('docs/reference/chat-protocol.md', () => {
  it.each(Object.entries(closeCodes))('lists the close code %s as it is', (name, { code, reconnect, meaning }) => {
    expect(page).toContain(`| ${code} | \`${name}\` | ${reconnect ? 'yes' : 'no'} | ${meaning} |`);
  });

  it.each(Object.entries(refusals))('lists the refusal %s as it is', (code, { retryable }) => {
    const [, answer] = new RegExp(`\\| \`${code}\` \\| ([^|]+) \\|`).exec(page) ?? [];
    expect(answer).toBeDefined();
    expect(answer !== 'no').toBe(retryable);
  });

  it('splits the close codes into those to come back from and those not', () => {
    for (const { code, reconnect } of Object.values(closeCodes)) expect(code < 4_500).toBe(reconnect);
    expect(new Set(Object.values(closeCodes).map(({ code }) => code)).size).toBe(Object.keys(closeCodes).length);
  });
});
