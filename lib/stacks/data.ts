import { Duration } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { MailIdentity } from '../../constructs/bootstrap/mail-identity';
import { PlatformSecrets, replicatedSecrets, type SharedSecrets } from '../../constructs/bootstrap/platform-secrets';
import { CacheGroup } from '../../constructs/cache/cache-group';
import { BackupCopies, CopyVault } from '../../constructs/database/backup-copies';
import { Postgres } from '../../constructs/database/postgres';
import { Atlas } from '../../constructs/document-store/atlas';
import type { DocumentStore } from '../../constructs/document-store/document-store';
import { DocumentDb } from '../../constructs/document-store/documentdb';
import { ExternalMongo } from '../../constructs/document-store/external';
import { hosts, systemName } from '../config/names';
import type { Tier } from '../config/tiers';
import type { ClusterStack } from './cluster';
import type { NetworkStack } from './network';
import { PlatformStack, type RegionalProps } from './platform-stack';

export interface DataStackProps extends RegionalProps {
  readonly network: NetworkStack;
  readonly cluster: ClusterStack;
}

/** What only the home region has. */
export interface HomeData {
  readonly postgres: Postgres;
  readonly documentStore: DocumentStore;
  readonly secrets: PlatformSecrets;
}

/** Databases, caches, document store and secrets. */
export class DataStack extends PlatformStack {
  readonly applicationCache: CacheGroup;
  readonly livekitCache: CacheGroup;
  readonly sharedSecrets: SharedSecrets;
  /** Access key of the HLS bucket, where that is at Cloudflare. */
  readonly hlsStorageKey?: ISecret;
  readonly home?: HomeData;

  private readonly props: DataStackProps;

  constructor(scope: Construct, props: DataStackProps) {
    super(scope, 'data', props, { description: 'Headend: databases, caches and secrets', holdsData: true });
    this.props = props;
    this.applicationCache = this.createApplicationCache();
    this.livekitCache = this.createLivekitCache();
    if (this.isHome) this.home = this.createHomeData();
    this.backUpElsewhere();
    const { delivery } = this.config;
    if (delivery.cdn === 'cloudflare') {
      this.hlsStorageKey = Secret.fromSecretNameV2(this, 'HlsStorageKey', delivery.r2CredentialsSecret);
    }
    this.sharedSecrets = this.home?.secrets ?? replicatedSecrets(this, this.secretPrefix);
  }

  /** Every secret that pods of this region mount. */
  get allSecrets(): readonly ISecret[] {
    const shared = [
      this.applicationCache.secret,
      this.livekitCache.secret,
      this.sharedSecrets.livekitKeys,
      this.sharedSecrets.serviceJwks,
      this.sharedSecrets.serviceKeyIngest,
      this.sharedSecrets.serviceKeyPackager,
      ...(this.hlsStorageKey ? [this.hlsStorageKey] : []),
    ];
    if (!this.home) return shared;
    const { postgres, documentStore, secrets } = this.home;
    return [
      ...shared,
      postgres.adminSecret,
      postgres.roleSecret('auth'),
      postgres.roleSecret('stream'),
      documentStore.adminSecret,
      ...secrets.ofHomeOnly,
    ];
  }

  /** What alarms are made from. */
  get cacheFacts() {
    return [
      { role: 'application', ...this.applicationCache.facts },
      { role: 'livekit', ...this.livekitCache.facts },
    ];
  }

  private get secretPrefix(): string {
    return systemName(this.config);
  }

  /** Where databases stand and who may reach them. */
  private get placement() {
    return { vpc: this.props.network.vpc, clients: this.props.cluster.cluster.clusterSecurityGroup };
  }

  private get lifetime() {
    const { deletionProtection, retainData: retain } = this.config.protection;
    return { deletionProtection, retain, logRetention: this.logRetention };
  }

  private createApplicationCache(): CacheGroup {
    const { applicationCache: figures, operations } = this.config.tier;
    return new CacheGroup(this, 'ApplicationCache', {
      ...this.placement,
      ...this.lifetime,
      description: 'Application: chat, leases, rate limits',
      nodeClass: this.isHome ? figures.nodeClass : figures.cellNodeClass,
      topology: { kind: 'sharded', shards: this.isHome ? figures.shards : 1 },
      replicasPerShard: figures.replicasPerShard,
      // INFO and the read-only cluster commands are what clients find the cluster by.
      user: {
        name: 'headend',
        access: 'on ~* &* +@all -@admin -@dangerous +info',
        secretName: `${this.secretPrefix}/redis/application`,
      },
      snapshotDays: Math.min(operations.logRetentionDays, 7),
    });
  }

  private createLivekitCache(): CacheGroup {
    const { livekitCache: figures } = this.config.tier;
    return new CacheGroup(this, 'LivekitCache', {
      ...this.placement,
      ...this.lifetime,
      description: 'LiveKit: rooms and signalling',
      nodeClass: figures.nodeClass,
      topology: { kind: 'single' },
      replicasPerShard: figures.replicas,
      user: {
        name: 'livekit',
        access: 'on ~* &* +@all -@admin -@dangerous +info',
        secretName: `${this.secretPrefix}/redis/livekit`,
      },
      // A room that is evicted is a broadcast that ends: better an error that is seen.
      parameters: { 'maxmemory-policy': 'noeviction' },
      // Rooms are gone after a restart anyway.
      snapshotDays: 0,
    });
  }

  private createHomeData(): HomeData {
    const { database, documentStore } = this.config.tier;
    const { domain, fleet, home, alarmEmail } = this.config;
    const mailFrom = `no-reply@${hosts(domain.name).app}`;
    new MailIdentity(this, 'Mail', { domain: domain.name, hostedZoneId: domain.hostedZoneId });
    const secrets = new PlatformSecrets(this, 'Secrets', {
      prefix: this.secretPrefix,
      cellRegions: fleet.filter((region) => region !== home),
      firstAdminEmail: alarmEmail ?? `admin@${domain.name}`,
      mailFrom,
      logRetention: this.logRetention,
    });
    return {
      secrets,
      postgres: new Postgres(this, 'Postgres', {
        ...this.placement,
        ...this.lifetime,
        ...database,
        backupRetention: Duration.days(database.backupDays),
        secretPrefix: this.secretPrefix,
        roles: ['auth', 'stream'],
      }),
      documentStore: this.createDocumentStore(documentStore, secrets),
    };
  }

  /** The fleet's second region keeps copies of what home alone holds. */
  private backUpElsewhere(): void {
    const { fleet, tier, protection } = this.config;
    const [, copyRegion] = fleet;
    if (!tier.database.crossRegionBackup || copyRegion === undefined) return;
    const vault = { vaultName: `${this.secretPrefix}-copies`, retain: protection.retainData };
    if (this.home) {
      const { postgres, documentStore } = this.home;
      new BackupCopies(this, 'BackupCopies', {
        ...vault,
        region: copyRegion,
        keepFor: Duration.days(tier.database.backupDays),
        databases: [postgres.instance.instanceArn, ...(documentStore.clusterArn ? [documentStore.clusterArn] : [])],
      });
    } else if (this.region === copyRegion) {
      new CopyVault(this, 'BackupCopies', vault);
    }
  }

  private createDocumentStore(figures: Tier['documentStore'], secrets: PlatformSecrets): DocumentStore {
    const { documentStore: choice } = this.config;
    switch (choice.kind) {
      case 'documentdb':
        return new DocumentDb(this, 'DocumentStore', {
          ...this.placement,
          ...this.lifetime,
          instanceClass: figures.instanceClass,
          instances: figures.instances,
          backupRetention: Duration.days(figures.backupDays),
          secretPrefix: this.secretPrefix,
        });
      case 'atlas':
        return new Atlas(this, 'DocumentStore', {
          name: this.secretPrefix,
          organizationId: choice.organizationId,
          profile: choice.profile,
          region: this.config.home,
          size: figures.atlasSize,
          clientAddresses: this.props.network.natAddresses,
          deletionProtection: this.config.protection.deletionProtection,
          secretPrefix: this.secretPrefix,
          users: [
            { name: 'chat', secret: secrets.mongoChat },
            { name: 'analytics', secret: secrets.mongoAnalytics },
          ],
        });
      case 'external':
        return new ExternalMongo(this, 'DocumentStore', choice);
    }
  }
}
