import { CfnDeletionPolicy, CfnResource, RemovalPolicy, type Stage } from 'aws-cdk-lib';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import type { Config } from '../config/config';

/**
 * Settles what outlives its stack, also for what CDK's own constructs make and keep by default: log groups go and keep
 * events as long as the tier says; and where no data is to be kept, nothing is.
 */
export function settleLifetimes(stage: Stage, { tier, protection }: Config): void {
  for (const resource of stage.node.findAll().filter(CfnResource.isCfnResource)) {
    if (resource instanceof CfnLogGroup) {
      resource.retentionInDays = tier.operations.logRetentionDays;
      resource.applyRemovalPolicy(RemovalPolicy.DESTROY);
    }
    if (!protection.retainData && resource.cfnOptions.deletionPolicy === CfnDeletionPolicy.RETAIN) {
      resource.applyRemovalPolicy(RemovalPolicy.DESTROY);
    }
  }
}
