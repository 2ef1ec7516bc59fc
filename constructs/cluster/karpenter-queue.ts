import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** What EC2 says before it takes a node away (Karpenter documentation, Interruption). */
const warnings: Record<string, EventPattern> = {
  SpotInterruption: { source: ['aws.ec2'], detailType: ['EC2 Spot Instance Interruption Warning'] },
  Rebalance: { source: ['aws.ec2'], detailType: ['EC2 Instance Rebalance Recommendation'] },
  StateChange: { source: ['aws.ec2'], detailType: ['EC2 Instance State-change Notification'] },
  Health: { source: ['aws.health'], detailType: ['AWS Health Event'] },
};

/** Karpenter reads this queue and drains a node before it is gone. */
export class KarpenterQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue = new Queue(this, 'Interruptions', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // A warning is two minutes long; older ones say nothing any more.
      retentionPeriod: Duration.minutes(5),
    });
    for (const [name, eventPattern] of Object.entries(warnings)) {
      new Rule(this, name, { eventPattern, targets: [new SqsQueue(this.queue)] });
    }
  }
}
