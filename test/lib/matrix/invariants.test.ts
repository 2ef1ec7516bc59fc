import { type Cell, matrixCells } from './cells';
import { type Resource, type SynthesizedStack, synthesize } from './synthesize';

jest.setTimeout(120_000);

interface Synthesized extends Cell {
  readonly stacks: readonly SynthesizedStack[];
}

interface Located {
  readonly where: string;
  readonly resource: Resource;
}

let cells: Synthesized[];

beforeAll(() => {
  cells = matrixCells().map((cell) => ({ ...cell, stacks: synthesize(cell.config) }));
});

const stacks = () =>
  cells.flatMap(({ name, stacks }) => stacks.map((stack) => ({ where: `${name}: ${stack.id}`, stack })));

const resources = (...types: readonly string[]): Located[] =>
  stacks().flatMap(({ where, stack }) =>
    Object.entries(stack.template.Resources)
      .filter(([, { Type }]) => types.length === 0 || types.includes(Type))
      .map(([id, resource]) => ({ where: `${where} ${id}`, resource })),
  );

const manifestType = 'Custom::AWSCDK-EKS-KubernetesResource';
const helmType = 'Custom::AWSCDK-EKS-HelmChart';
const dynamicReference = '{{resolve:';

/** Where CloudFormation hands a secret's value to the server that is to know it, and nowhere else. */
const passwordProperties: Readonly<Record<string, readonly string[]>> = {
  'AWS::RDS::DBInstance': ['MasterUserPassword', 'MasterUsername'],
  'AWS::DocDB::DBCluster': ['MasterUserPassword', 'MasterUsername'],
  'AWS::ElastiCache::User': ['AuthenticationMode'],
  'MongoDB::Atlas::DatabaseUser': ['Password'],
};

describe('every cell of the matrix', () => {
  it('needs nothing of an account', () => {
    expect(stacks().filter(({ stack }) => stack.missing.length > 0)).toEqual([]);
  });

  it('has no token left as text', () => {
    const left = stacks().filter(({ stack }) => /\$\{Token\[|-1\.888154\d+e\+?289/.test(stack.text));
    expect(left.map(({ where }) => where)).toEqual([]);
  });

  it('hands the value of a secret to its server only, never to a manifest, a chart, an environment or an output', () => {
    const leaks = resources().flatMap(({ where, resource }) =>
      Object.entries(resource.Properties ?? {})
        .filter(([property, value]) => {
          const allowed = passwordProperties[resource.Type]?.includes(property) ?? false;
          return !allowed && JSON.stringify(value).includes(dynamicReference);
        })
        .map(([property]) => `${where}.${property}`),
    );
    const outputs = stacks().filter(({ stack }) =>
      JSON.stringify(stack.template.Outputs ?? {}).includes(dynamicReference),
    );
    expect([...leaks, ...outputs.map(({ where }) => where)]).toEqual([]);
  });

  it('says nothing that looks like a credential', () => {
    const credential = /AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|"password"\s*:\s*"[^"{]+"/i;
    expect(
      stacks()
        .filter(({ stack }) => credential.test(stack.text))
        .map(({ where }) => where),
    ).toEqual([]);
  });

  it('stays within the budgets: 450 resources and 800 kB per template, 200 kB per manifest', () => {
    for (const { where, stack } of stacks()) {
      const count = Object.keys(stack.template.Resources).length;
      expect({ where, fits: count <= 450 && stack.text.length <= 800_000 }).toEqual({ where, fits: true });
    }
    for (const { where, resource } of resources(manifestType)) {
      const size = JSON.stringify(resource.Properties?.Manifest).length;
      expect({ where, fits: size <= 200_000 }).toEqual({ where, fits: true });
    }
  });

  it('keeps data when a stack is deleted', () => {
    const kept: Readonly<Record<string, string>> = {
      'AWS::DocDB::DBCluster': 'Snapshot',
      'AWS::ElastiCache::ReplicationGroup': 'Snapshot',
      'AWS::KMS::Key': 'Retain',
      'AWS::S3::Bucket': 'Retain',
    };
    const lost = resources(...Object.keys(kept))
      .filter(({ resource }) => {
        const policy = kept[resource.Type];
        return resource.DeletionPolicy !== policy || resource.UpdateReplacePolicy !== policy;
      })
      .map(({ where }) => where);
    expect(lost).toEqual([]);
    const writers = resources('AWS::RDS::DBInstance').filter(
      ({ resource }) => !resource.Properties?.SourceDBInstanceIdentifier,
    );
    expect(writers.length).toBeGreaterThan(0);
    expect(writers.filter(({ resource }) => resource.DeletionPolicy !== 'Snapshot')).toEqual([]);
  });

  it('refuses to delete what holds data', () => {
    const protectedStacks = stacks().filter(({ stack }) => /\/(data|media-storage|edge)$/.test(stack.id));
    expect(protectedStacks.length).toBeGreaterThan(0);
    expect(protectedStacks.filter(({ stack }) => !stack.terminationProtection).map(({ where }) => where)).toEqual([]);
    for (const { where, resource } of resources('AWS::RDS::DBInstance', 'AWS::DocDB::DBCluster', 'AWS::EKS::Cluster')) {
      expect({ where, protected: resource.Properties?.DeletionProtection }).toEqual({ where, protected: true });
    }
  });

  it('lets no log group keep its events for ever', () => {
    const groups = resources('AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThan(0);
    expect(groups.filter(({ resource }) => !resource.Properties?.RetentionInDays).map(({ where }) => where)).toEqual(
      [],
    );
  });

  it('installs vendors at pinned versions, and never the retired community ingress controller', () => {
    const releases = resources(helmType);
    expect(releases.length).toBeGreaterThan(0);
    for (const { where, resource } of releases) {
      const { Chart, Version, Repository } = resource.Properties ?? {};
      expect({ where, version: String(Version) }).toEqual({
        where,
        version: expect.stringMatching(/^v?\d+\.\d+\.\d+$/),
      });
      expect(`${Chart} ${Repository}`).not.toMatch(/ingress-nginx|kubernetes\.github\.io\/ingress/);
    }
  });

  it('puts the deployment’s tags on everything that takes them', () => {
    const tagged = resources('AWS::EC2::VPC', 'AWS::S3::Bucket', 'AWS::RDS::DBInstance', 'AWS::SecretsManager::Secret');
    const without = tagged.filter(({ resource }) => {
      const tags = (resource.Properties?.Tags ?? []) as { Key: string }[];
      return !['system', 'environment', 'tier', 'component'].every((key) => tags.some(({ Key }) => Key === key));
    });
    expect(without.map(({ where }) => where)).toEqual([]);
  });

  it('names its stacks the same in every region', () => {
    const names = new Set(stacks().map(({ stack }) => stack.stackName));
    expect([...names].sort()).toMatchInlineSnapshot(`
[
  "headend-prod-cluster",
  "headend-prod-data",
  "headend-prod-edge",
  "headend-prod-edge-observability",
  "headend-prod-media-storage",
  "headend-prod-network",
  "headend-prod-observability",
  "headend-prod-workloads",
]
`);
  });
});

describe('a move to a larger tier', () => {
  const stateful = [
    'AWS::DocDB::DBCluster',
    'AWS::ElastiCache::ReplicationGroup',
    'AWS::KMS::Key',
    'AWS::RDS::DBInstance',
    'AWS::S3::Bucket',
    'AWS::SecretsManager::Secret',
  ];
  const idsOf = (name: string) => {
    const cell = cells.find((each) => each.name === name);
    return (cell?.stacks ?? []).flatMap(({ stackName, template }) =>
      Object.entries(template.Resources)
        .filter(([, { Type }]) => stateful.includes(Type))
        .map(([id, { Type }]) => `${stackName} ${Type} ${id}`),
    );
  };

  it('replaces nothing that holds data: every logical id stays', () => {
    for (const [from, to] of [
      ['1k us-east-1 cloudfront', '10k us-east-1 cloudfront'],
      ['10k us-east-1 cloudfront', '100k us-east-1 cloudfront'],
    ] as const) {
      expect(idsOf(from).length).toBeGreaterThan(20);
      expect(idsOf(to)).toEqual(expect.arrayContaining(idsOf(from)));
    }
  });

  it('keeps the ids that deployments out there have', () => {
    expect(idsOf('100k us-east-1 cloudfront').sort()).toMatchSnapshot();
  });
});
