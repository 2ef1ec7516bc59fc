import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type ISecurityGroup, type IVpc, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { context } from '../../cdk.json';

/** A stack of a region with the feature flags of `cdk.json` and a network to put things in. */
export class RegionFixture extends Stack {
  readonly vpc: IVpc;
  readonly clients: ISecurityGroup;

  constructor() {
    super(new App({ context: { ...context, 'aws:cdk:disable-asset-staging': true } }), 'Fixture', {
      env: { region: 'eu-west-1' },
    });
    this.vpc = new Vpc(this, 'Vpc', {
      availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC },
        { name: 'Private', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        { name: 'Data', subnetType: SubnetType.PRIVATE_ISOLATED },
      ],
    }) as IVpc;
    this.clients = new SecurityGroup(this, 'Clients', { vpc: this.vpc }) as ISecurityGroup;
  }

  get template(): Template {
    return Template.fromStack(this);
  }
}
