/** Service quotas a deployment may run into, with what a new account has (AWS Service Quotas, read 2026-11). */
export interface Quota {
  readonly name: string;
  /** What `aws service-quotas request-service-quota-increase` needs; absent where the quota is raised by a support case. */
  readonly request?: { readonly serviceCode: string; readonly quotaCode: string };
  readonly unit: string;
  readonly newAccount: number;
  readonly scope: 'region' | 'global';
}

export const quotas = {
  onDemandVcpus: {
    name: 'EC2 Running On-Demand Standard instances',
    request: { serviceCode: 'ec2', quotaCode: 'L-1216C47A' },
    unit: 'vCPUs',
    newAccount: 5,
    scope: 'region',
  },
  spotVcpus: {
    name: 'EC2 All Standard Spot instance requests',
    request: { serviceCode: 'ec2', quotaCode: 'L-34B43A08' },
    unit: 'vCPUs',
    newAccount: 5,
    scope: 'region',
  },
  elasticIps: {
    name: 'EC2-VPC Elastic IPs',
    request: { serviceCode: 'ec2', quotaCode: 'L-0263D0A3' },
    unit: 'addresses',
    newAccount: 5,
    scope: 'region',
  },
  edgeBandwidth: {
    name: 'CloudFront data transfer rate per distribution',
    unit: 'Gbit/s',
    newAccount: 150,
    scope: 'global',
  },
  edgeRequests: {
    name: 'CloudFront requests per second per distribution',
    unit: 'requests/s',
    newAccount: 250_000,
    scope: 'global',
  },
} as const satisfies Record<string, Quota>;

export type QuotaName = keyof typeof quotas;

export interface QuotaCheck {
  readonly quota: QuotaName;
  readonly region: string;
  readonly needed: number;
  readonly newAccount: number;
  readonly unit: string;
  readonly enough: boolean;
  /** Ready to paste where the quota is too small. */
  readonly fix?: string;
}

export function checkQuota(quota: QuotaName, needed: number, region = 'us-east-1'): QuotaCheck {
  const { name, unit, newAccount, scope, request }: Quota = quotas[quota];
  const enough = needed <= newAccount;
  const value = Math.ceil(needed);
  const fix = request
    ? `aws service-quotas request-service-quota-increase --region ${region} --service-code ${request.serviceCode} ` +
      `--quota-code ${request.quotaCode} --desired-value ${value}`
    : `ask AWS Support for "${name}" of ${value} ${unit}`;
  return {
    quota,
    region: scope === 'global' ? 'global' : region,
    needed: value,
    newAccount,
    unit,
    enough,
    ...(!enough && { fix }),
  };
}
