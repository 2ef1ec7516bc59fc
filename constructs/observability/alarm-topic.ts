import { Duration } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface AlarmTopicProps {
  readonly displayName: string;
  /**
   * Who is written to; the address must confirm the subscription once.
   *
   * @default - nobody: subscribe a pager to the topic
   */
  readonly email?: string;
}

/** Where the alarms of one region go. Encrypted with its own key: CloudWatch cannot use the AWS-managed one of SNS. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { displayName, email }: AlarmTopicProps) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      description: `Encrypts ${displayName}`,
      enableKeyRotation: true,
      pendingWindow: Duration.days(7),
    });
    this.topic = new Topic(this, 'Topic', { displayName, masterKey: key, enforceSSL: true });
    for (const service of ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']) {
      const principal = new ServicePrincipal(service);
      key.grantEncryptDecrypt(principal);
      this.topic.grantPublish(principal);
    }
    if (email) this.topic.addSubscription(new EmailSubscription(email));
  }
}
