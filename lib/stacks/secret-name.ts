import { Token } from 'aws-cdk-lib';
import { CfnSecret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/**
 * The name a secret was given. `secretName` would take it from the ARN, which in another stack is a `Fn::GetStackOutput`,
 * and `Fn::Split` does not take that one.
 */
export function givenName(secret: ISecret): string {
  // One that is attached to a database is a child of the secret itself.
  const own = [secret, secret.node.scope].map((each) => each?.node.defaultChild).find(CfnSecret.isCfnSecret);
  const name = own?.name ?? secret.secretName;
  if (Token.isUnresolved(name)) throw new Error(`${secret.node.path} has no name of its own: give it a secretName`);
  return name;
}
