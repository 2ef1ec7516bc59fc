import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface BudgetProps {
  /** Also the name of its page in `docs/runbooks`. */
  readonly name: string;
  readonly monthlyUsd: number;
  /** Cost allocation tag and value that mark what belongs to the deployment. */
  readonly tag: { readonly key: string; readonly value: string };
  readonly topic: ITopic;
}

/** Says when the month is heading over budget, and when it got there. It limits nothing. */
export class Budget extends Construct {
  constructor(scope: Construct, id: string, { name, monthlyUsd, tag, topic }: BudgetProps) {
    super(scope, id);
    const notify = (notificationType: 'FORECASTED' | 'ACTUAL', threshold: number) => ({
      notification: {
        notificationType,
        threshold,
        thresholdType: 'PERCENTAGE',
        comparisonOperator: 'GREATER_THAN',
      },
      subscribers: [{ subscriptionType: 'SNS', address: topic.topicArn }],
    });
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: name,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyUsd, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:${tag.key}$${tag.value}`] },
      },
      notificationsWithSubscribers: [notify('FORECASTED', 100), notify('ACTUAL', 80), notify('ACTUAL', 100)],
    });
  }
}
