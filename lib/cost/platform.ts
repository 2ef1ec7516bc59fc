import {
  cachePrices,
  databasePrices,
  documentDbPrices,
  ec2Prices,
  type Price,
  prices,
  regionFactor,
  spotShare,
} from '../../runtime/shared/prices';
import type { RegionName } from '../../runtime/shared/regions';
import type { Config } from '../config/config';
import { forArchitecture } from '../config/instance-types';
import { type CostLine, line, monthly } from './line';

/** Something that costs money and has no price here; it is named, never counted as nothing. */
export interface Unpriced {
  readonly what: string;
  readonly why: string;
}

export interface PlatformCost {
  readonly lines: readonly CostLine[];
  readonly unpriced: readonly Unpriced[];
}

/** Two volumes per node: system and containers. */
const nodeStorageGigabytes = 80;

/** What stands there every month, at the minimum of each node group, audience or not. */
export function platformCost(config: Config): PlatformCost {
  const parts = config.fleet.map((region) => regionCost(config, region));
  return {
    lines: [...parts.flatMap(({ lines }) => lines), ...globalLines(config)],
    unpriced: [...parts.flatMap(({ unpriced }) => unpriced), ...unpricedByChoice(config)],
  };
}

function regionCost(config: Config, region: RegionName): PlatformCost {
  const bill = new Bill(region);
  const { tier, home } = config;
  bill.add('EKS control plane', 1, prices.eksControlPlane);
  addNodes(bill, config);
  addNetwork(bill, config);
  const isHome = region === home;
  const { applicationCache, livekitCache } = tier;
  const shardNodes = isHome ? applicationCache.shards * (applicationCache.replicasPerShard + 1) : 2;
  const cacheClass = isHome ? applicationCache.nodeClass : applicationCache.cellNodeClass;
  bill.addFrom(cachePrices, cacheClass, `Redis, application (${cacheClass})`, shardNodes);
  bill.addFrom(
    cachePrices,
    livekitCache.nodeClass,
    `Redis, LiveKit (${livekitCache.nodeClass})`,
    livekitCache.replicas + 1,
  );
  if (isHome) addDatabases(bill, config);
  return bill;
}

/** Lines of one region at its own level of prices. */
class Bill implements PlatformCost {
  readonly lines: CostLine[] = [];
  readonly unpriced: Unpriced[] = [];
  private readonly factor: number;

  constructor(private readonly region: RegionName) {
    this.factor = regionFactor[region] ?? 1;
    if (regionFactor[region] === undefined) {
      this.unpriced.push({ what: `${region}: level of prices`, why: 'counted as us-east-1' });
    }
  }

  add(what: string, count: number, price: Price, share = 1): void {
    if (count > 0) this.lines.push(monthly(`${this.region}: ${what}`, count, price, this.factor * share));
  }

  /** A flat amount per month. */
  addMonthly(what: string, quantity: number, price: Price): void {
    this.lines.push(line('fixed', `${this.region}: ${what}`, quantity, price, this.factor));
  }

  addFrom(table: Readonly<Record<string, Price>>, key: string, what: string, count: number, share = 1): void {
    const price = table[key];
    if (price) this.add(what, count, price, share);
    else if (count > 0) this.unpriced.push({ what: `${this.region}: ${what}`, why: `no price for ${key}` });
  }
}

function addNodes(bill: Bill, { tier, architecture }: Config): void {
  const { systemNodes, appNodes, mediaNodes, workerNodes } = tier;
  const first = (types: readonly string[]) => forArchitecture(types, architecture)[0] ?? '';
  const groups = { system: systemNodes, app: appNodes, media: mediaNodes };
  for (const [pool, { types, min }] of Object.entries(groups)) {
    bill.addFrom(ec2Prices, first(types), `${pool} nodes (${first(types)})`, min);
  }
  const worker = first(workerNodes.types);
  bill.addFrom(ec2Prices, worker, `worker nodes, On-Demand floor (${worker})`, workerNodes.onDemandFloor);
  bill.addFrom(ec2Prices, worker, `worker nodes, Spot (${worker})`, workerNodes.min, spotShare.usd);
  const nodes = systemNodes.min + appNodes.min + mediaNodes.min + workerNodes.min + workerNodes.onDemandFloor;
  bill.addMonthly('node disks', nodes * nodeStorageGigabytes, prices.nodeStorage);
}

function addNetwork(bill: Bill, { tier }: Config): void {
  const { natGateways } = tier.network;
  bill.add('NAT gateways', natGateways, prices.natGateway);
  bill.add('public IPv4 addresses', natGateways + tier.mediaNodes.min + availabilityZones, prices.publicIpv4);
  bill.add('network load balancers', 2, prices.networkLoadBalancer);
  if (tier.network.interfaceEndpoints) {
    bill.add('interface endpoints', interfaceEndpoints * availabilityZones, prices.interfaceEndpoint);
  }
}

const availabilityZones = 3;
/** ECR twice, EC2, STS, Logs, Secrets Manager, EKS authentication. */
const interfaceEndpoints = 7;

function addDatabases(bill: Bill, { tier, documentStore }: Config): void {
  const { database, documentStore: documents } = tier;
  // Multi-AZ is a second instance that is never read.
  bill.addFrom(
    databasePrices,
    database.instanceClass,
    `PostgreSQL (${database.instanceClass}, two AZs and ${database.readReplicas} replicas)`,
    2 + database.readReplicas,
  );
  bill.addMonthly('PostgreSQL storage', database.storageGiB * (2 + database.readReplicas), prices.databaseStorage);
  if (documentStore.kind !== 'documentdb') return;
  bill.addFrom(
    documentDbPrices,
    documents.instanceClass,
    `DocumentDB (${documents.instanceClass})`,
    documents.instances,
  );
}

function globalLines({ delivery }: Config): CostLine[] {
  const acls = delivery.cdn === 'cloudfront' ? 2 : 1;
  return [
    line('fixed', 'web ACLs', acls, prices.webAcl),
    line('fixed', 'web ACL rules', acls === 2 ? 7 : 6, prices.webAclRule),
    line('fixed', 'hosted zone', 1, prices.hostedZone),
  ];
}

function unpricedByChoice({ documentStore, delivery }: Config): Unpriced[] {
  return [
    ...(documentStore.kind === 'documentdb'
      ? []
      : [{ what: `document store (${documentStore.kind})`, why: 'billed by its vendor' }]),
    ...(delivery.cdn === 'cloudflare' ? [{ what: 'Cloudflare plan', why: 'billed by Cloudflare' }] : []),
    { what: 'AWS Support plan', why: 'a share of the bill' },
    { what: 'taxes', why: 'depend on the payer' },
    { what: 'transfer between AZs', why: 'depends on where pods land' },
    { what: 'logs, metrics and traces beyond the alarms', why: 'depend on traffic and log level' },
  ];
}
