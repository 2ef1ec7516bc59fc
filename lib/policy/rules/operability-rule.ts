import { workloads } from '../kubernetes';
import { defineRule } from '../rule';
import { ofType, properties, property, type Subject } from '../subject';

/** CloudFormation allows 500 resources and 1 MB; these leave room for the next release. */
export const budgets = { resources: 450, templateBytes: 800_000, manifestBytes: 200_000 } as const;

export const operability = defineRule({
  id: 'H20-operability',
  reason: 'what nobody is told about is found by customers; what outgrows a limit fails on the day it must be deployed',
  fix: 'keep templates within budget, give log groups a retention, alarms an action, namespaces a quota',
  check: (subject) => [...sizes(subject), ...logs(subject), ...alarms(subject), ...quotas(subject)],
});

function sizes({ stacks }: Subject) {
  return stacks.flatMap(({ path, resourceCount, templateBytes, manifestBytes }) =>
    [
      resourceCount > budgets.resources ? `has ${resourceCount} resources` : '',
      templateBytes > budgets.templateBytes ? `its template has ${templateBytes} bytes` : '',
      ...[...manifestBytes]
        .filter(([, bytes]) => bytes > budgets.manifestBytes)
        .map(([manifest, bytes]) => `manifest ${manifest} has ${bytes} bytes`),
    ]
      .filter(Boolean)
      .map((detail) => ({ where: path, detail })),
  );
}

/** A function without a group of its own logs into one that Lambda makes, which keeps everything. */
function logs(subject: Subject) {
  const endless = [
    ...ofType(subject, 'AWS::Logs::LogGroup').filter((group) => property(group, 'RetentionInDays') === undefined),
    ...ofType(subject, 'AWS::Lambda::Function').filter(
      (each) => property(each, 'LoggingConfig', 'LogGroup') === undefined,
    ),
  ];
  return endless.map(({ path }) => ({ where: path, detail: 'keeps its logs for ever' }));
}

function alarms(subject: Subject) {
  return ofType(subject, 'AWS::CloudWatch::Alarm')
    .filter((alarm) => properties(alarm, 'AlarmActions').length === 0)
    .map(({ path }) => ({ where: path, detail: 'tells nobody' }));
}

/** Namespaces with pods of ours, but the privileged one, whose pods are counted by nodes. */
function quotas({ objects }: Subject) {
  const used = new Set(workloads(objects).map(({ object }) => object.metadata.namespace ?? 'default'));
  return ['ResourceQuota', 'LimitRange'].flatMap((kind) => {
    const have = new Set(objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.namespace));
    return [...used]
      .filter((namespace) => !have.has(namespace))
      .map((namespace) => ({ where: `Namespace/${namespace}`, detail: `has no ${kind}` }));
  });
}
