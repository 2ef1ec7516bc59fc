const { TestEnvironment } = require('jest-environment-node');

/**
 * Lets `native-module.cjs` load packages outside of Jest's registry: once for a worker, not once for each file of tests.
 * The CDK takes seven seconds of a processor in the registry, and 25 files of tests want it.
 */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global.nativeRequire = require;
  }
};
