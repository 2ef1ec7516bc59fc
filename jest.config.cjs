// ESM-only packages that Jest's CommonJS loader must have transformed.
const esmOnly = ['jose', 'node-pg-migrate'];
// Large packages without state between tests, loaded once for a worker (test/jest/environment.cjs).
const loadedOnce = ['aws-cdk-lib', 'constructs'];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/jest/environment.cjs',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  globalSetup: '<rootDir>/test/contract/built-services.ts',
  // Real servers on a machine that does other things as well: a deadline, not a measurement.
  testTimeout: 60_000,
  transform: {
    [`/node_modules/(${loadedOnce.join('|')})/.*\\.js$`]: '<rootDir>/test/jest/native-module.cjs',
    '^.+\\.(ts|js|mjs)$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${[...esmOnly, ...loadedOnce].join('|')})/)`],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
};
