import { CloudFrontClient, CreateInvalidationCommand, paginateListDistributions } from '@aws-sdk/client-cloudfront';

/** Makes the CDN forget everything under a path prefix. */
export type Purge = (pathPrefix: string) => Promise<void>;

/**
 * Purges the distribution that serves a host. It is deployed after this service and by another stack, so it is looked up
 * when it is first needed. One wildcard invalidation per stream, which counts as one path.
 */
export function createCloudFrontPurge(mediaHost: string): Purge {
  // CloudFront's API is in one region whatever the caller's.
  const client = new CloudFrontClient({ region: 'us-east-1' });
  let distributionId: string | undefined;
  return async (pathPrefix) => {
    distributionId ??= await findDistribution(client, mediaHost);
    await client.send(
      new CreateInvalidationCommand({
        DistributionId: distributionId,
        InvalidationBatch: {
          CallerReference: `${pathPrefix}${Date.now()}`,
          Paths: { Quantity: 1, Items: [`/${pathPrefix}*`] },
        },
      }),
    );
  };
}

async function findDistribution(client: CloudFrontClient, mediaHost: string): Promise<string> {
  for await (const { DistributionList } of paginateListDistributions({ client }, {})) {
    const found = DistributionList?.Items?.find(({ Aliases }) => Aliases?.Items?.includes(mediaHost));
    if (found?.Id !== undefined) return found.Id;
  }
  throw new Error(`no CloudFront distribution serves ${mediaHost}`);
}
