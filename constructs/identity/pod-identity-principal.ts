import { type PrincipalBase, ServicePrincipal, SessionTagsPrincipal } from 'aws-cdk-lib/aws-iam';

/** Trust of EKS Pod Identity: the agent assumes the role and tags the session with cluster, namespace and account. */
export function podIdentityPrincipal(): PrincipalBase {
  return new SessionTagsPrincipal(new ServicePrincipal('pods.eks.amazonaws.com'));
}
