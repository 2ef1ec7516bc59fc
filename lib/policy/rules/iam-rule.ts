import { defineRule } from '../rule';
import { ofType, type Properties, properties, type Resource, type Subject } from '../subject';

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** Statements that allow something, wherever a template writes them. */
function allowStatements(subject: Subject): { readonly resource: Resource; readonly statement: Properties }[] {
  const documents = (resource: Resource): readonly Properties[] => [
    ...properties(resource, 'PolicyDocument', 'Statement'),
    ...properties(resource, 'Policies').flatMap(
      ({ PolicyDocument }) => ((PolicyDocument as Properties | undefined)?.Statement ?? []) as Properties[],
    ),
  ];
  return ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Role']
    .flatMap((type) => ofType(subject, type))
    .flatMap((resource) => documents(resource).map((statement) => ({ resource, statement })))
    .filter(({ statement }) => statement.Effect === 'Allow');
}

const wildcardAction = (action: unknown) =>
  typeof action === 'string' && (action === '*' || /^[a-z0-9-]+:\*$/.test(action));

export const leastPrivilege = defineRule({
  id: 'H18-least-privilege',
  reason: 'what a role may do beyond its task is what a break-in may do',
  fix: 'name actions and resources; where AWS has no resource for an action, acknowledge it with the reason',
  check: (subject) => [
    ...allowStatements(subject).flatMap(({ resource, statement }) => {
      const actions = listOf(statement.Action);
      const conditioned = statement.Condition !== undefined;
      return [
        ...actions.filter(wildcardAction).map((action) => `allows ${action}`),
        ...(listOf(statement.Resource).includes('*') && !conditioned
          ? [`allows ${actions.join(', ')} on every resource`]
          : []),
      ].map((detail) => ({ where: resource.path, detail }));
    }),
    ...ofType(subject, 'AWS::IAM::Role')
      .filter((role) => JSON.stringify(role.properties.ManagedPolicyArns ?? '').includes('AdministratorAccess'))
      .map(({ path }) => ({ where: path, detail: 'is an administrator' })),
  ],
});
