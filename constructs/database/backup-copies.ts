import { ArnFormat, type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault, type IBackupVault } from 'aws-cdk-lib/aws-backup';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface BackupCopiesProps {
  /** ARNs of the databases. */
  readonly databases: readonly string[];
  /** Where the copies go; a {@link CopyVault} of the same name stands there. */
  readonly region: string;
  readonly vaultName: string;
  readonly keepFor: Duration;
  readonly retain: boolean;
}

export interface CopyVaultProps {
  readonly vaultName: string;
  readonly retain: boolean;
}

/** A vault with a key of its own. */
export class CopyVault extends Construct {
  readonly vault: IBackupVault;

  constructor(scope: Construct, id: string, { vaultName, retain }: CopyVaultProps) {
    super(scope, id);
    const removalPolicy = retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.vault = new BackupVault(this, 'Vault', {
      backupVaultName: vaultName,
      encryptionKey: new Key(this, 'Key', {
        description: `Backups in ${vaultName}`,
        enableKeyRotation: true,
        removalPolicy,
      }) as IKey,
      removalPolicy,
    });
  }
}

/** A copy of every night's backup in another region: a lost home region must not lose the accounts. */
export class BackupCopies extends Construct {
  constructor(scope: Construct, id: string, props: BackupCopiesProps) {
    super(scope, id);
    const { vault } = new CopyVault(this, 'Here', { vaultName: props.vaultName, retain: props.retain });
    // By name, not by reference: the two regions are deployed apart.
    const destinationBackupVault = BackupVault.fromBackupVaultArn(
      this,
      'There',
      Stack.of(this).formatArn({
        service: 'backup',
        region: props.region,
        resource: 'backup-vault',
        resourceName: props.vaultName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    const plan = new BackupPlan(this, 'Plan', { backupVault: vault });
    plan.addRule(
      new BackupPlanRule({
        ruleName: 'nightly',
        scheduleExpression: Schedule.cron({ hour: '3', minute: '0' }),
        deleteAfter: props.keepFor,
        copyActions: [{ destinationBackupVault, deleteAfter: props.keepFor }],
      }),
    );
    plan.addSelection('Databases', { resources: props.databases.map((arn) => BackupResource.fromArn(arn)) });
  }
}
