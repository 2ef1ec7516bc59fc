import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { downloadModule } from './go-module';
import { versions } from './versions';

/** Where each module keeps the definitions that our charts use, and which. */
const definitions: Readonly<Record<keyof typeof versions.crds, { readonly folder: string; readonly files: RegExp }>> = {
  'sigs.k8s.io/karpenter': { folder: 'pkg/apis/crds', files: /_nodepools\.yaml$/ },
  'github.com/aws/karpenter-provider-aws': { folder: 'pkg/apis/crds', files: /_ec2nodeclasses\.yaml$/ },
  'github.com/cert-manager/cert-manager': { folder: 'deploy/crds', files: /_(clusterissuers|certificates)\.yaml$/ },
  'github.com/external-secrets/external-secrets': {
    folder: 'config/crds/bases',
    files: /io_(externalsecrets|secretstores)\.yaml$/,
  },
  'github.com/kedacore/keda/v2': { folder: 'config/crd/bases', files: /_scaledobjects\.yaml$/ },
};

/** Not published as a module; its fields are those of the AWS Load Balancer Controller's reference. */
const ourOwn = join(__dirname, 'target-group-binding.crd.yaml');

/** Files of all definitions that the charts need. */
export async function crdFiles(): Promise<string[]> {
  const modules = Object.entries(versions.crds) as [keyof typeof definitions, string][];
  const found = await Promise.all(
    modules.map(async ([path, version]) => {
      const { directory } = await downloadModule(path, version);
      const { folder, files } = definitions[path];
      return readdirSync(join(directory, folder))
        .filter((file) => files.test(file))
        .map((file) => join(directory, folder, file));
    }),
  );
  return [...found.flat(), ourOwn];
}
