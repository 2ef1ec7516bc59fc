import { Construct } from 'constructs';
import { LivekitImage } from '../../constructs/images/livekit-image';
import { ServiceImage } from '../../constructs/images/service-image';
import type { CellImage, HomeImage } from '../../k8s/inputs';
import type { Architecture } from '../config/instance-types';

/** References of the images a region runs, by workload. */
export interface PlatformImages {
  readonly cell: Readonly<Record<CellImage, string>>;
  readonly home: Readonly<Record<HomeImage, string>>;
}

/** Images built from this repository and pushed to the region's registry at deployment. */
export class BuiltImages extends Construct implements PlatformImages {
  readonly cell: Readonly<Record<CellImage, string>>;
  readonly home: Readonly<Record<HomeImage, string>>;

  constructor(scope: Construct, id: string, props: { readonly architecture: Architecture }) {
    super(scope, id);
    const { architecture } = props;
    const of = (service: string) => new ServiceImage(this, service, { service, architecture }).uri;
    this.cell = {
      ingest: of('ingest'),
      packager: of('packager'),
      livekit: new LivekitImage(this, 'livekit', { architecture }).uri,
    };
    this.home = {
      auth: of('auth'),
      stream: of('stream'),
      chat: of('chat'),
      analytics: of('analytics'),
      web: of('web'),
      bootstrap: of('bootstrap'),
    };
  }
}
