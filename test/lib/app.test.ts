import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../lib/config/parse';
import { obstacles } from '../../lib/teardown/refusals';
import { regionNames, regions } from '../../runtime/shared/regions';
import { domainFlags } from './matrix/cells';
import { type SynthesizedStack, synthesize } from './matrix/synthesize';

jest.setTimeout(120_000);

const of = (context: Record<string, string>) => synthesize(parseConfig(context));
const ids = (stacks: readonly SynthesizedStack[]) => stacks.map(({ id }) => id).sort();

const regional = ['cluster', 'data', 'media-storage', 'network', 'observability', 'workloads'];

describe('what is deployed', () => {
  it('is home’s six stacks and the edge', () => {
    expect(ids(of({ region: 'eu-west-1', ...domainFlags }))).toEqual([
      ...[...regional, 'edge', 'edge-observability'].sort().map((stack) => `eu-west-1/${stack}`),
    ]);
  });

  it('is six stacks in a cell, without the edge and without what home alone has', () => {
    const stacks = of({ tier: '100k', region: 'ap-southeast-1', ...domainFlags });
    expect(ids(stacks)).toEqual(regional.map((stack) => `ap-southeast-1/${stack}`));
    const types = new Set(stacks.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type)));
    expect(types).not.toContain('AWS::RDS::DBInstance');
    expect(types).not.toContain('AWS::DocDB::DBCluster');
    expect(types).toContain('AWS::ElastiCache::ReplicationGroup');
  });

  it('has the load balancer before the edge that points to it', () => {
    const edge = of({ region: 'eu-west-1', ...domainFlags }).find(({ id }) => id === 'eu-west-1/edge');
    expect(edge?.after).toContain('headend-dev-network');
    expect(edge?.text).toContain('"Fn::GetStackOutput"');
  });

  it('sends chat to its own controller from 10k, on its port', () => {
    const origins = (tier: string) =>
      of({ tier, region: 'eu-west-1', regions: 'eu-west-1', ...domainFlags }).flatMap(({ template }) =>
        Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::CloudFront::VpcOrigin'),
      );
    const endpoints = (tier: string) =>
      origins(tier).map(({ Properties }) => (Properties?.VpcOriginEndpointConfig ?? {}) as { HTTPSPort?: number });
    expect(endpoints('1k').map(({ HTTPSPort }) => HTTPSPort)).toEqual([undefined]);
    expect(endpoints('10k').map(({ HTTPSPort }) => HTTPSPort)).toEqual([undefined, 8443]);
  });

  it('copies home’s backups into a vault that the second region makes', () => {
    const find = (region: string, type: string) =>
      of({ tier: '100k', region, ...domainFlags }).flatMap(({ template }) =>
        Object.values(template.Resources).filter(({ Type }) => Type === type),
      );
    const [plan] = find('us-east-1', 'AWS::Backup::BackupPlan');
    expect(JSON.stringify(plan?.Properties)).toContain(':eu-west-1:');
    expect(JSON.stringify(plan?.Properties)).toContain('backup-vault:headend-dev-copies');
    expect(find('eu-west-1', 'AWS::Backup::BackupVault')).toEqual([
      expect.objectContaining({ Properties: expect.objectContaining({ BackupVaultName: 'headend-dev-copies' }) }),
    ]);
    expect(find('ap-southeast-1', 'AWS::Backup::BackupVault')).toEqual([]);
  });

  it('stands in the zones of the region table, in every region', () => {
    for (const region of regionNames) {
      const network = of({ region, ...domainFlags }).find(({ id }) => id.endsWith('/network'));
      const zones = Object.values(network?.template.Resources ?? {})
        .filter(({ Type }) => Type === 'AWS::EC2::Subnet')
        .map(({ Properties }) => Properties?.AvailabilityZone);
      expect(new Set(zones)).toEqual(new Set(regions[region].availabilityZones));
    }
  });
});

describe('without a domain', () => {
  it('everything synthesizes, and every template refuses to be deployed, naming the flag', () => {
    for (const { id, template } of of({})) {
      const text = JSON.stringify(template.Rules ?? {});
      expect({ id, refuses: text.includes('-c domain=') }).toEqual({ id, refuses: true });
    }
  });

  it('and with one, none does', () => {
    expect(
      of({ ...domainFlags }).filter(({ template }) => JSON.stringify(template.Rules ?? {}).includes('domain')),
    ).toEqual([]);
  });
});

describe('destroying', () => {
  it('a dev deployment is refused by nothing and leaves nothing behind', () => {
    expect(obstacles(parseConfig({ tier: '10k', environment: 'dev', ...domainFlags }))).toEqual({
      refused: [],
      left: [],
    });
  });

  it('a prod deployment says what it refuses, what it keeps, and the steps', () => {
    const { refused, left } = obstacles(parseConfig({ tier: '1k', environment: 'prod', ...domainFlags }));
    expect(refused.map(({ stack, what }) => `${stack}: ${what.replace(/[0-9A-F]{8}$/, '')}`)).toMatchInlineSnapshot(`
[
  "headend-prod-network: AWS::ElasticLoadBalancingV2::LoadBalancer PublicLoadBalancer",
  "headend-prod-network: AWS::ElasticLoadBalancingV2::LoadBalancer InternalLoadBalancer",
  "headend-prod-cluster: AWS::EKS::Cluster PlatformCluster",
  "headend-prod-edge: the stack",
  "headend-prod-media-storage: the stack",
  "headend-prod-data: the stack",
  "headend-prod-data: AWS::RDS::DBInstance PostgresWriter",
  "headend-prod-data: AWS::DocDB::DBCluster DocumentStoreCluster",
]
`);
    expect(refused.every(({ why, step }) => why !== '' && /aws |turn /.test(step))).toBe(true);
    const kinds = new Set(left.map(({ what }) => what.split(' ')[0]));
    expect(kinds).toEqual(
      new Set([
        'AWS::S3::Bucket',
        'AWS::KMS::Key',
        'AWS::RDS::DBInstance',
        'AWS::DocDB::DBCluster',
        'AWS::ElastiCache::ReplicationGroup',
      ]),
    );
  });
});

describe('bin/app.ts', () => {
  it('prints all problems, synthesizes nothing and ends with 1', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'headend-app-'));
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'bin/app.ts'], {
      cwd: join(__dirname, '../..'),
      encoding: 'utf8',
      env: {
        ...process.env,
        CDK_OUTDIR: outdir,
        CDK_CONTEXT_JSON: JSON.stringify({ tier: '2k', regoin: 'eu-west-1' }),
      },
    });
    expect(stderr).toContain('2 problems with the context flags, nothing was synthesized:');
    expect(stderr).not.toContain('at ');
    expect(status).toBe(1);
    expect(readdirSync(outdir)).toEqual([]);
  });
});
