// The house rules of docs/adr/001-layout.md: which room may import which.
const room = (name) => `^${name}/`;

/** @type {(name: string, from: string, allowed: string[], comment: string) => object} */
const mayImportOnly = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { pathNot: [from, ...allowed, 'node_modules', '^[a-z_/]+$', '^node:'], dependencyTypesNot: ['core'] },
});

const contracts = ['^runtime/[^/]+/(contract|protocol)\\.ts$', '^runtime/shared/'];
const services = ['auth', 'stream', 'chat', 'analytics', 'web', 'ingest', 'packager'];

module.exports = {
  forbidden: [
    mayImportOnly(
      'bin-imports-below',
      room('bin'),
      ['^(lib|constructs|k8s|runtime)/'],
      'bin is the top of the house: it may import everything below',
    ),
    mayImportOnly(
      'lib',
      room('lib'),
      ['^(constructs|k8s)/', '^cdk\\.json$', ...contracts],
      'lib wires constructs, charts and contracts',
    ),
    mayImportOnly('constructs', room('constructs'), contracts, 'constructs know contracts only'),
    mayImportOnly('k8s', room('k8s'), contracts, 'charts know contracts only'),
    {
      name: 'k8s-without-cdk',
      comment: 'charts are tested without CDK: plain interfaces of strings come in',
      severity: 'error',
      from: { path: room('k8s') },
      to: { path: 'node_modules/aws-cdk-lib' },
    },
    ...services.map((service) =>
      mayImportOnly(
        `runtime-${service}`,
        room(`runtime/${service}`),
        contracts,
        'a service imports its own folder, shared and contracts',
      ),
    ),
    mayImportOnly('runtime-shared', room('runtime/shared'), [], 'shared imports nothing of ours'),
    {
      name: 'no-runtime-to-infrastructure',
      comment: 'runtime never imports lib, constructs or k8s',
      severity: 'error',
      from: { path: room('runtime') },
      to: { path: '^(lib|constructs|k8s|bin)/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dev-dependency-at-run-time',
      comment: 'an image installs only production dependencies',
      severity: 'error',
      from: { path: '^runtime/', pathNot: ['^runtime/local/', '^runtime/web/app/', '^runtime/build\\.ts$'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'runtime/web/app/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
