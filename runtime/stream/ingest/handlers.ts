import type { Handlers } from '../../shared/http';
import { isRegionName, regions } from '../../shared/regions';
import type { streamContract } from '../contract';
import type { StreamDependencies } from '../dependencies';
import { placeFromHeaders, rankRegions } from './directory';

/** Answers where to publish. A region is healthy while it is in touch with home and has a slot free. */
export function createIngestHandlers({
  config,
  presence,
}: StreamDependencies): Pick<Handlers<typeof streamContract>, 'getIngest'> {
  const fleet = Object.keys(config.INGEST_RTMP_URLS).filter(isRegionName);
  return {
    async getIngest({ request }) {
      const standings = await Promise.all(
        fleet.map(async (region) => ({ region, healthy: ((await presence.freeSlots(region)) ?? 0) > 0 })),
      );
      const ranked = rankRegions(standings, placeFromHeaders(request.headers));
      return {
        status: 200,
        body: {
          regions: ranked.map(({ region, healthy, distanceKm }) => ({
            region,
            displayName: regions[region].displayName,
            rtmpUrl: config.INGEST_RTMP_URLS[region] ?? '',
            whipUrl: config.INGEST_WHIP_URLS[region] ?? '',
            healthy,
            distanceKm,
          })),
        },
      };
    },
  };
}
