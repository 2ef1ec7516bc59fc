import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { runbookPath } from '../../../constructs/observability/alarm';
import { cacheAlarms } from '../../../constructs/observability/cache-alarms';
import { databaseAlarms } from '../../../constructs/observability/database-alarms';
import { edgeAlarms } from '../../../constructs/observability/edge-alarms';
import { nodeAlarms } from '../../../constructs/observability/node-alarms';
import { platformAlarms } from '../../../constructs/observability/platform-alarms';
import { allFigures } from '../../../lib/config/tiers';

const root = join(__dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Every alarm any stack makes, by name. The budget speaks for itself, over the same topic. */
const alarms = (() => {
  const stack = new Stack();
  const distribution = new Distribution(stack, 'Any', { defaultBehavior: { origin: new HttpOrigin('example.com') } });
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:1:certificate/1');
  const specs = [
    ...platformAlarms(),
    ...nodeAlarms('cluster'),
    ...databaseAlarms({ writer: 'writer', replicas: ['replica'], storageGiB: 1 }),
    ...cacheAlarms({ role: 'livekit', replicationGroupId: 'id', clusterMode: false, shards: 1, replicasPerShard: 1 }),
    ...edgeAlarms({
      services: distribution,
      media: distribution,
      certificate,
      webAcls: ['acl'],
      cacheHitRequestFloor: 1,
    }),
  ];
  return [...new Set([...specs.map(({ name }) => name), 'budget'])].sort();
})();

describe('the runbooks', () => {
  test('are one page per alarm, and no page for an alarm that is gone', () => {
    const pages = readdirSync(join(root, 'docs/runbooks')).map((file) => file.replace(/\.md$/, ''));
    expect(pages.sort()).toEqual(alarms);
  });

  test.each(alarms)('%s: its heading is the alarm, and it says meaning, impact, diagnosis and mitigation', (name) => {
    const [title, ...sections] = read(runbookPath(name))
      .split(/^#{1,2} /m)
      .slice(1);
    expect(title?.trim()).toBe(name);
    expect(sections.map((section) => section.split('\n')[0])).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
    for (const section of sections) expect(section.split('\n').slice(1).join('').trim().length).toBeGreaterThan(20);
  });

  test.each(alarms)('%s: links, metrics and figures it names exist', (name) => {
    const page = read(runbookPath(name));
    for (const [, target] of page.matchAll(/\]\(([a-z-]+\.md)\)/g))
      expect(() => read(`docs/runbooks/${target}`)).not.toThrow();

    const named = [...page.matchAll(/`([a-zA-Z_.:={}"-]+)[^`]*`/g)].map(([, text]) => text ?? '');
    const metrics = named.map((text) => text.split('{')[0] ?? '').filter((text) => /^[a-z]+(_[a-z]+){2,}$/.test(text));
    const served = metricSources();
    for (const metric of metrics.filter((text) => /^(headend|auth|chat|ingest|stream|analytics)_/.test(text))) {
      expect([metric, served.includes(`'${metric}'`)]).toEqual([metric, true]);
    }

    const groups = new Set(allFigures.map(({ group }) => group));
    const figures = named.filter((text) => groups.has(text.split('.')[0] ?? '') && /^\w+\.\w+$/.test(text));
    for (const figure of figures) expect(allFigures.map(({ path }) => path)).toContain(figure);
  });
});

/** Source of the services, where metrics are registered by name. */
function metricSources(): string {
  return (readdirSync(join(root, 'runtime'), { recursive: true }) as string[])
    .filter((path) => path.endsWith('.ts'))
    .map((path) => read(join('runtime', path)))
    .join('\n');
}
