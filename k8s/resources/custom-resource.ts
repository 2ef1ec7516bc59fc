import { ApiObject, type ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';

export interface CustomResourceProps<Spec> {
  readonly metadata: ApiObjectMetadata & { readonly name: string };
  readonly spec: Spec;
}

/** An object of a kind that cdk8s-plus does not know, with the part of its specification that we use, typed. */
export function defineCustomResource<Spec extends object>(apiVersion: string, kind: string) {
  return class extends ApiObject {
    constructor(scope: Construct, id: string, { metadata, spec }: CustomResourceProps<Spec>) {
      super(scope, id, { apiVersion, kind, metadata, spec });
    }
  };
}
