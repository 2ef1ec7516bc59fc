/** Jest transform: a file of a package becomes the package's own, as Node loads it in `environment.cjs`. */
module.exports = {
  process: (_source, file) => ({ code: `module.exports = nativeRequire(${JSON.stringify(file)});` }),
  getCacheKey: (_source, file) => `native:${file}`,
};
