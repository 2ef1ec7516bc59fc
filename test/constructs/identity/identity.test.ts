import { Match } from 'aws-cdk-lib/assertions';
import { Cluster } from 'aws-cdk-lib/aws-eks-v2';
import { packagerPermissions, streamPermissions } from '../../../constructs/identity/media-permissions';
import { PodIdentity } from '../../../constructs/identity/pod-identity';
import { RegionFixture } from '../support';

const buckets = { hlsArn: 'arn:aws:s3:::hls', recordingsArn: 'arn:aws:s3:::recordings' };

describe('a pod identity', () => {
  const stack = new RegionFixture();
  const cluster = Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'headend-prod' });
  new PodIdentity(stack, 'Packager', {
    cluster,
    namespace: 'platform',
    serviceAccount: 'packager',
    description: 'test',
  });
  const template = stack.template;

  it('can be taken by sessions of its own ServiceAccount only', () => {
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Principal: { Service: 'pods.eks.amazonaws.com' },
            Condition: {
              StringEquals: {
                'aws:RequestTag/kubernetes-namespace': 'platform',
                'aws:RequestTag/kubernetes-service-account': 'packager',
              },
            },
          }),
        ],
      },
    });
  });

  it('is bound to that ServiceAccount', () => {
    template.hasResourceProperties('AWS::EKS::PodIdentityAssociation', {
      ClusterName: 'headend-prod',
      Namespace: 'platform',
      ServiceAccount: 'packager',
    });
  });
});

describe('media permissions', () => {
  const actions = (statements: ReturnType<typeof packagerPermissions>) => statements.flatMap((each) => each.actions);

  it('let a packager write its own region’s prefix and delete nothing', () => {
    const statements = packagerPermissions(buckets, 'eu-west-1');
    expect(statements.flatMap((each) => each.resources)).toEqual([
      'arn:aws:s3:::hls/hls/eu-west-1/*',
      'arn:aws:s3:::hls/private/eu-west-1/*',
      'arn:aws:s3:::recordings/recordings/eu-west-1/*',
      'arn:aws:s3:::hls',
      'arn:aws:s3:::recordings',
    ]);
    expect(actions(statements).filter((action) => /Delete|Restore/.test(action))).toEqual([]);
  });

  it('let the stream service alone restore', () => {
    expect(actions(streamPermissions([buckets]))).toContain('s3:RestoreObject');
    expect(actions(packagerPermissions(buckets, 'eu-west-1'))).not.toContain('s3:RestoreObject');
  });
});
