import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/** An alarm as a fact: what is watched, when it is bad, what it means. */
export interface AlarmSpec {
  /** Words with dashes; also the name and the heading of its page in `docs/runbooks`. */
  readonly name: string;
  /** One sentence for whoever is woken. */
  readonly meaning: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /**
   * Which side of the threshold is bad.
   *
   * @default 'above'
   */
  readonly badWhen?: 'above' | 'below';
  /** How many of how many periods must be bad. */
  readonly datapoints: readonly [number, number];
  /**
   * Whether silence is itself the failure.
   *
   * @default false - no data is no problem
   */
  readonly missingIsBad?: boolean;
  /**
   * Names this alarm among several of one kind, e.g. the replica it watches.
   *
   * @default - there is one
   */
  readonly instance?: string;
}

export interface AlarmSetProps {
  /** First part of the alarm names: deployment and region. */
  readonly prefix: string;
  readonly topic: ITopic;
  readonly alarms: readonly AlarmSpec[];
}

/** Where the repository keeps what to do about an alarm. */
export const runbookPath = (alarmName: string) => `docs/runbooks/${alarmName}.md`;

/** Creates the alarms of one stack; each tells its runbook, says when it is over, and reaches the topic. */
export class AlarmSet extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { prefix, topic, alarms }: AlarmSetProps) {
    super(scope, id);
    this.alarms = alarms.map((spec) => {
      const suffix = spec.instance ? `-${spec.instance}` : '';
      const [bad, of] = spec.datapoints;
      const alarm = new Alarm(this, `${spec.name}${suffix}`, {
        alarmName: `${prefix}-${spec.name}${suffix}`,
        alarmDescription: `${spec.meaning} Runbook: ${runbookPath(spec.name)}`,
        metric: spec.metric,
        threshold: spec.threshold,
        comparisonOperator:
          spec.badWhen === 'below' ? ComparisonOperator.LESS_THAN_THRESHOLD : ComparisonOperator.GREATER_THAN_THRESHOLD,
        datapointsToAlarm: bad,
        evaluationPeriods: of,
        treatMissingData: spec.missingIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      const action = new SnsAction(topic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return alarm;
    });
  }
}

export const minute = Duration.minutes(1);
export const fiveMinutes = Duration.minutes(5);
