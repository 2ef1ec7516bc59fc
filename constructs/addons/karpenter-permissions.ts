import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

export interface KarpenterPermissionsProps {
  readonly clusterName: string;
  readonly nodeRoleArn: string;
  readonly queueArn: string;
}

/**
 * What Karpenter needs (its documentation, "CloudFormation reference"): it creates and removes only what carries this
 * cluster's tag, passes only the node role, and reads the rest.
 */
export function karpenterPermissions({ clusterName, nodeRoleArn, queueArn }: KarpenterPermissionsProps) {
  const ec2 = (kind: string, account = '*') => `arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${account}:${kind}/*`;
  const owned = `kubernetes.io/cluster/${clusterName}`;
  const asks = {
    StringEquals: { [`aws:RequestTag/${owned}`]: 'owned' },
    StringLike: { 'aws:RequestTag/karpenter.sh/nodepool': '*' },
  };
  const has = {
    StringEquals: { [`aws:ResourceTag/${owned}`]: 'owned' },
    StringLike: { 'aws:ResourceTag/karpenter.sh/nodepool': '*' },
  };
  const made = ['fleet', 'instance', 'volume', 'network-interface', 'launch-template', 'spot-instances-request'].map(
    (kind) => ec2(kind),
  );
  const profiles = [`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:instance-profile/*`];
  return [
    new PolicyStatement({
      sid: 'LaunchFrom',
      actions: ['ec2:RunInstances', 'ec2:CreateFleet'],
      resources: [ec2('image', ''), ec2('snapshot', ''), ...['security-group', 'subnet'].map((kind) => ec2(kind))],
    }),
    new PolicyStatement({
      sid: 'LaunchFromOwnTemplate',
      actions: ['ec2:RunInstances', 'ec2:CreateFleet'],
      resources: [ec2('launch-template')],
      conditions: has,
    }),
    new PolicyStatement({
      sid: 'Launch',
      actions: ['ec2:RunInstances', 'ec2:CreateFleet', 'ec2:CreateLaunchTemplate'],
      resources: made,
      conditions: asks,
    }),
    new PolicyStatement({
      sid: 'TagAtLaunch',
      actions: ['ec2:CreateTags'],
      resources: made,
      conditions: {
        ...asks,
        StringEquals: {
          ...asks.StringEquals,
          'ec2:CreateAction': ['RunInstances', 'CreateFleet', 'CreateLaunchTemplate'],
        },
      },
    }),
    new PolicyStatement({
      sid: 'TagLater',
      actions: ['ec2:CreateTags'],
      resources: [ec2('instance')],
      conditions: {
        ...has,
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['eks:eks-cluster-name', 'karpenter.sh/nodeclaim', 'Name'] },
      },
    }),
    new PolicyStatement({
      sid: 'Remove',
      actions: ['ec2:TerminateInstances', 'ec2:DeleteLaunchTemplate'],
      resources: [ec2('instance'), ec2('launch-template')],
      conditions: has,
    }),
    new PolicyStatement({
      sid: 'Look',
      actions: [
        'ec2:DescribeAvailabilityZones',
        'ec2:DescribeImages',
        'ec2:DescribeInstances',
        'ec2:DescribeInstanceStatus',
        'ec2:DescribeInstanceTypeOfferings',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplates',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSpotPriceHistory',
        'ec2:DescribeSubnets',
      ],
      // These actions know no resource.
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
    }),
    new PolicyStatement({
      sid: 'FindImages',
      actions: ['ssm:GetParameter'],
      resources: [`arn:${Aws.PARTITION}:ssm:${Aws.REGION}::parameter/aws/service/*`],
    }),
    // Neither action knows a resource.
    new PolicyStatement({
      sid: 'ReadPrices',
      actions: ['pricing:GetProducts', 'iam:ListInstanceProfiles'],
      resources: ['*'],
    }),
    new PolicyStatement({
      sid: 'ReadWarnings',
      actions: ['sqs:DeleteMessage', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'],
      resources: [queueArn],
    }),
    new PolicyStatement({
      sid: 'GiveNodesTheirRole',
      actions: ['iam:PassRole'],
      resources: [nodeRoleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    }),
    new PolicyStatement({
      sid: 'MakeInstanceProfile',
      actions: ['iam:CreateInstanceProfile', 'iam:TagInstanceProfile'],
      resources: profiles,
      conditions: {
        StringEquals: { [`aws:RequestTag/${owned}`]: 'owned' },
        StringLike: { 'aws:RequestTag/karpenter.k8s.aws/ec2nodeclass': '*' },
      },
    }),
    new PolicyStatement({
      sid: 'ChangeInstanceProfile',
      actions: ['iam:AddRoleToInstanceProfile', 'iam:RemoveRoleFromInstanceProfile', 'iam:DeleteInstanceProfile'],
      resources: profiles,
      conditions: {
        StringEquals: { [`aws:ResourceTag/${owned}`]: 'owned' },
        StringLike: { 'aws:ResourceTag/karpenter.k8s.aws/ec2nodeclass': '*' },
      },
    }),
    new PolicyStatement({ sid: 'ReadInstanceProfile', actions: ['iam:GetInstanceProfile'], resources: profiles }),
    new PolicyStatement({
      sid: 'FindCluster',
      actions: ['eks:DescribeCluster'],
      resources: [`arn:${Aws.PARTITION}:eks:${Aws.REGION}:${Aws.ACCOUNT_ID}:cluster/${clusterName}`],
    }),
  ];
}
