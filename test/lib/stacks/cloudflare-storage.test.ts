import { parseConfig } from '../../../lib/config/parse';
import { cloudflareFlags, domainFlags } from '../matrix/cells';
import { synthesize } from '../matrix/synthesize';

jest.setTimeout(120_000);

test('behind Cloudflare live media is in R2, by an access key that the cluster may read, and recordings stay in S3', () => {
  const config = parseConfig({ tier: '1k', environment: 'prod', ...domainFlags, ...cloudflareFlags });
  const text = synthesize(config)
    .map((stack) => stack.text)
    .join('\n');
  // Manifests are JSON inside the template's JSON.
  const variable = (name: string, value: string) => `{\\"name\\":\\"${name}\\",\\"value\\":\\"${value}\\"}`;
  const endpoint = `https://${cloudflareFlags.cloudflareAccountId}.r2.cloudflarestorage.com`;
  expect(text).toContain(variable('HLS_S3_ENDPOINT', endpoint));
  expect(text).toContain(variable('HLS_BUCKET', 'headend-prod-hls'));
  expect(text).not.toContain('\\"name\\":\\"S3_ENDPOINT\\"');
  expect(text).toContain(`:secret:${cloudflareFlags.r2CredentialsSecret}-??????`);
  expect(text).toContain(`\\"remoteRef\\":{\\"key\\":\\"${cloudflareFlags.r2CredentialsSecret}\\"}`);
});
