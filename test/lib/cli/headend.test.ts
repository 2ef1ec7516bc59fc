import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../lib/cli/run';
import { parseConfig } from '../../../lib/config/parse';

/** A port that nothing listens on: tcpmux. */
const nobody = 'http://127.0.0.1:1';

describe('headend', () => {
  test.each([
    ['nothing', [], 3],
    ['--help', ['--help'], 0],
    ['an unknown command', ['plna'], 3],
    ['an unknown option', ['plan', '--viewrs=1'], 3],
    ['a context flag without a value', ['plan', '-c', 'tier'], 3],
    ['an unknown context flag', ['plan', '-c', 'teir=1k'], 3],
    ['a number that is none', ['cost', '--viewers', 'many'], 3],
    ['a share over one', ['cost', '--webrtc', '2'], 3],
    ['a plan', ['plan'], 0],
    ['a plan that does not hold', ['plan', '-c', 'tier=10k', '-c', 'set:audience.chatSockets=99999'], 2],
    ['a bill', ['cost'], 0],
    ['a bill within its limit', ['cost', '--max-usd-per-viewer-hour', '10'], 0],
    ['a bill over its limit', ['cost', '--max-usd-per-viewer-hour', '0.001'], 2],
    ['tiers side by side', ['cost', '--compare-tiers'], 0],
    ['tiers side by side of one tier', ['cost', '--compare-tiers', '-c', 'tier=1k'], 3],
    ['keys without a place for them', ['keys'], 3],
    ['a smoke test of nothing', ['smoke'], 3],
    [
      'a smoke test over plain http by mistake',
      ['smoke', '--app-url', 'http://a.test', '--media-url', 'https://b.test'],
      3,
    ],
    ['a smoke test of nobody', ['smoke', '--allow-http', '--app-url', nobody, '--media-url', nobody], 2],
  ])('answers %s with its exit code', async (_, args, exitCode) => {
    const printed = await run(args);
    expect(printed.exitCode).toBe(exitCode);
    expect(printed.stdout + printed.stderr).not.toBe('');
  });

  test.each([
    ['plan', 'headend/plan/v1'],
    ['cost', 'headend/cost/v1'],
  ])('prints %s for programs, with a schema', async (command, schema) => {
    const { stdout } = await run([command, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ schema, tier: '1k' });
  });

  test('names the nearest flag for a typo', async () => {
    expect((await run(['plan', '-c', 'teir=1k'])).stderr).toContain('did you mean tier?');
  });

  describe('keys', () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'headend-keys-'));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    test('makes two pairs: the config takes the public halves, the private ones are for the owner alone', async () => {
      const { stdout } = await run(['keys', '--out', directory, '--json']);
      const { playbackKeys, files } = JSON.parse(stdout);
      const publicKeys = parseConfig({ playbackKeys }).playbackKeys ?? [];
      expect(files).toHaveLength(2);
      files.forEach((file: string, index: number) => {
        expect(statSync(file).mode & 0o777).toBe(0o600);
        const derived = createPublicKey(createPrivateKey(readFileSync(file)));
        expect(derived.export({ type: 'spki', format: 'der' }).toString('base64')).toBe(publicKeys[index]);
      });
    });

    test('prints no private key, and never overwrites one', async () => {
      const first = await run(['keys', '--out', directory]);
      expect(first.stdout).not.toContain('PRIVATE');
      const second = await run(['keys', '--out', directory]);
      expect(second).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('EEXIST') });
    });
  });
});
