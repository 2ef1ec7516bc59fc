import { CfnPodIdentityAssociation, type ICluster } from 'aws-cdk-lib/aws-eks-v2';
import { type IGrantable, type IPrincipal, type PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { podIdentityPrincipal } from './pod-identity-principal';

export interface PodIdentityProps {
  readonly cluster: ICluster;
  readonly namespace: string;
  /** The ServiceAccount is made by the workload's chart; the association only names it. */
  readonly serviceAccount: string;
  readonly description: string;
}

/** The AWS rights of one ServiceAccount, and of nothing else. Grants are added to it. */
export class PodIdentity extends Construct implements IGrantable {
  readonly role: Role;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, { cluster, namespace, serviceAccount, description }: PodIdentityProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      // The agent tags each session with the pod's namespace and ServiceAccount: no other pod's session may take it.
      assumedBy: podIdentityPrincipal().withConditions({
        StringEquals: {
          'aws:RequestTag/kubernetes-namespace': namespace,
          'aws:RequestTag/kubernetes-service-account': serviceAccount,
        },
      }),
      description,
    });
    this.grantPrincipal = this.role.grantPrincipal;
    new CfnPodIdentityAssociation(this, 'Association', {
      clusterName: cluster.clusterName,
      namespace,
      serviceAccount,
      roleArn: this.role.roleArn,
    });
  }

  allow(...statements: PolicyStatement[]): this {
    for (const statement of statements) this.role.addToPrincipalPolicy(statement);
    return this;
  }
}
