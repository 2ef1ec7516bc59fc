import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * What every node may do: join and pull images. Pods get their rights by Pod Identity; LiveKit runs on the host's
 * network, reaches the instance's metadata and so this role, and must find nothing worth having.
 */
export function nodeRole(scope: Construct, id: string): Role {
  return new Role(scope, id, {
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    description: 'Kubernetes nodes: join the cluster and pull images',
    managedPolicies: [
      ManagedPolicy.fromAwsManagedPolicyName('AmazonEKSWorkerNodeMinimalPolicy'),
      ManagedPolicy.fromAwsManagedPolicyName('AmazonEC2ContainerRegistryPullOnly'),
    ],
  });
}
