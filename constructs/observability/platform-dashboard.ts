import { AlarmStatusWidget, Dashboard, GraphWidget, type IMetric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AlarmSet } from './alarm';

export interface Graph {
  readonly title: string;
  readonly left: readonly IMetric[];
  readonly right?: readonly IMetric[];
}

export interface PlatformDashboardProps {
  readonly name: string;
  /** Markdown above everything: what this is, and where to go next. */
  readonly introduction: string;
  readonly alarms: AlarmSet;
  readonly graphs: readonly Graph[];
}

const columns = 24;
const graphsPerRow = 3;

/** One page to look at first: every alarm's state, then the graphs behind them. */
export class PlatformDashboard extends Construct {
  constructor(scope: Construct, id: string, { name, introduction, alarms, graphs }: PlatformDashboardProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: name });
    dashboard.addWidgets(new TextWidget({ markdown: introduction, width: columns, height: 2 }));
    dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms.alarms], width: columns, height: 4 }),
    );
    for (let first = 0; first < graphs.length; first += graphsPerRow) {
      dashboard.addWidgets(
        ...graphs
          .slice(first, first + graphsPerRow)
          .map(
            ({ title, left, right = [] }) =>
              new GraphWidget({ title, left: [...left], right: [...right], width: columns / graphsPerRow, height: 6 }),
          ),
      );
    }
  }
}
