import { type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { publicPorts } from '../../runtime/shared/public-ports';

/**
 * The only fence of LiveKit: its pods use the host's network, where NetworkPolicies do not apply. WebRTC media comes
 * from anywhere, so these ports, and no others, are open to the world.
 */
export function mediaSecurityGroup(scope: Construct, id: string, vpc: IVpc): SecurityGroup {
  const group = new SecurityGroup(scope, id, { vpc, description: 'WebRTC media to LiveKit nodes' });
  const { rtcUdp, rtcTcp, turnUdp } = publicPorts;
  group.addIngressRule(Peer.anyIpv4(), Port.udpRange(rtcUdp.from, rtcUdp.to), 'WebRTC media');
  group.addIngressRule(Peer.anyIpv4(), Port.tcp(rtcTcp), 'WebRTC media where UDP is blocked');
  group.addIngressRule(Peer.anyIpv4(), Port.udp(turnUdp), 'TURN');
  return group;
}
