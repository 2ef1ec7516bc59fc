import { regions } from '../../runtime/shared/regions';
import { distanceKm, placeFromHeaders, rankRegions } from '../../runtime/stream/ingest/directory';

describe('the ingest directory', () => {
  it('measures great circles', () => {
    const dublin = regions['eu-west-1'];
    const virginia = regions['us-east-1'];
    expect(distanceKm(dublin, virginia)).toBeCloseTo(distanceKm(virginia, dublin), 6);
    // Dublin to Washington Dulles is 5,450 km by the great circle mapper.
    expect(Math.abs(distanceKm(dublin, virginia) - 5_450)).toBeLessThan(60);
    expect(distanceKm({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 })).toBeLessThan(112);
  });

  const all = (['us-east-1', 'eu-west-1', 'ap-southeast-1'] as const).map((region) => ({ region, healthy: true }));

  it.each([
    ['Berlin', { latitude: 52.5, longitude: 13.4 }, 'eu-west-1'],
    ['Chicago', { latitude: 41.9, longitude: -87.6 }, 'us-east-1'],
    ['Jakarta', { latitude: -6.2, longitude: 106.8 }, 'ap-southeast-1'],
  ] as const)('sends %s to the nearest region', (_name, caller, nearest) => {
    expect(rankRegions(all, caller)[0]?.region).toBe(nearest);
  });

  it('puts what is not healthy behind, however near', () => {
    const withoutEurope = all.map((each) => ({ ...each, healthy: each.region !== 'eu-west-1' }));
    const ranked = rankRegions(withoutEurope, { latitude: 52.5, longitude: 13.4 });
    expect(ranked.map(({ region }) => region)).toEqual(['us-east-1', 'ap-southeast-1', 'eu-west-1']);
  });

  it('keeps home first for callers from nowhere', () => {
    expect(rankRegions(all, undefined).map(({ region }) => region)).toEqual(all.map(({ region }) => region));
  });

  it.each([
    [{}],
    [{ 'cloudfront-viewer-latitude': '91', 'cloudfront-viewer-longitude': '0' }],
    [{ 'cloudfront-viewer-latitude': 'NaN', 'cloudfront-viewer-longitude': '0' }],
    [{ 'cloudfront-viewer-latitude': ['1', '2'], 'cloudfront-viewer-longitude': '0' }],
    [{ 'cloudfront-viewer-latitude': '1' }],
  ])('takes no place from %j', (headers) => {
    expect(placeFromHeaders(headers)).toBeUndefined();
  });
});
