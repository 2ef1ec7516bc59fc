import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeArguments } from '../../runtime/local/service-process';

const root = join(__dirname, '../..');
const read = (service: string) => readFileSync(join(root, 'runtime', service, 'Dockerfile'), 'utf8');

const services = ['auth', 'stream', 'chat', 'analytics', 'web', 'ingest', 'packager'];

describe.each([...services, 'bootstrap'])('the image of %s', (service) => {
  const lines = read(service).split('\n');
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  it('comes from one exact release of Node 24 in every stage', () => {
    const bases = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    expect(bases).toHaveLength(3);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:24\.\d+\.\d+-bookworm-slim$/);
  });

  it('has production dependencies only', () => {
    expect(lines).toContain('RUN npm ci --omit=dev');
    expect(last).toContain('COPY --from=dependencies /app/node_modules ./node_modules');
    expect(last.filter((line) => /npm (ci|install)/.test(line))).toEqual([]);
  });

  it('runs as a numeric user that is nobody, from its own entry', () => {
    expect(last).toContain('USER 10001:10001');
    const entry = service === 'bootstrap' ? 'main' : 'server';
    const heap = service === 'packager' ? '"--initial-old-space-size=128", ' : '';
    expect(last).toContain(`CMD ["node", "--enable-source-maps", ${heap}"dist/runtime/${service}/${entry}.js"]`);
    expect(last.indexOf('USER 10001:10001')).toBeLessThan(last.findIndex((line) => line.startsWith('CMD')));
  });

  it('holds the CAs of Amazon’s databases where the charts say', () => {
    expect(last).toContain('COPY --from=build /src/amazon-rds-ca.pem /etc/headend/amazon-rds-ca.pem');
  });
});

it.each(services)('the image of %s gives node what the laptop gives it', (service) => {
  const given = nodeArguments(service).map((argument) => JSON.stringify(argument));
  expect(read(service)).toContain(`\nCMD ["node", ${given.join(', ')}, "dist/`);
});

it.each(services)('the image of %s is asked for its health on the management port', (service) => {
  expect(read(service)).toMatch(
    /HEALTHCHECK [^\n]*\\\n\s+CMD \["node", "-e", "fetch\('http:\/\/127\.0\.0\.1:' \+ process\.env\.MANAGEMENT_PORT \+ '\/livez'\)/,
  );
});
