import { z } from 'zod';
import { defineRoute, defineService } from '../shared/contract';
import {
  baseEnvironment,
  mongoEnvironment,
  redisEnvironment,
  serviceIdentityEnvironment,
  tokenEnvironment,
} from '../shared/environment';
import { regionNames } from '../shared/regions';
import { cmcdEvent } from './cmcd';

const id = z.string().regex(/^[\w-]{1,64}$/, 'expected letters, digits, - and _');
const streamParams = z.object({ streamId: id });

export const transports = ['hls', 'webrtc'] as const;
export type Transport = (typeof transports)[number];

/** Counts per transport and per region, in the same form wherever they are shown. */
const byTransport = z.object({ hls: z.number().int(), webrtc: z.number().int() });
const byRegion = z.record(z.string(), z.number().int());

/** Quality as players reported it; rates scaled up where only a sample of the players reports. */
const qoe = z.object({
  reports: z.number().int(),
  /** Means over the reports of this span; null where none had the figure. */
  startDelayMs: z.number().nullable(),
  liveLatencyMs: z.number().nullable(),
  bitrateKbps: z.number().nullable(),
  throughputKbps: z.number().nullable(),
  /** Share of watched time spent rebuffering, 0 to 1. */
  rebufferRatio: z.number().nullable(),
  errors: z.number().int(),
});

export const analyticsRoutes = {
  heartbeat: defineRoute({
    method: 'POST',
    path: '/api/analytics/heartbeats',
    summary: 'A player is watching. Also sent as a beacon when the page closes, with state `ended`.',
    auth: 'public',
    rateLimit: 'beacon',
    cors: 'app',
    body: z.strictObject({
      streamId: id,
      /** Random per player instance; de-duplicates viewers. */
      sessionId: z.string().regex(/^[\w-]{16,64}$/, 'expected 16 to 64 letters, digits, - and _'),
      /** Stable per browser; counts unique viewers. Falls back to the session. */
      viewerId: z
        .string()
        .regex(/^[\w-]{16,64}$/)
        .optional(),
      transport: z.enum(transports),
      state: z.enum(['playing', 'paused', 'ended']),
      /** Region whose edge or media server answers this player, where it knows. */
      region: z.enum(regionNames).optional(),
    }),
    responses: {
      200: z.object({
        viewers: z.number().int(),
        /** Send the next heartbeat after this many seconds. */
        nextSeconds: z.number().int(),
        /** Share of player events to send, 0 to 1. */
        sampleRate: z.number(),
      }),
    },
  }),
  recordEvents: defineRoute({
    method: 'POST',
    path: '/api/analytics/events',
    summary: 'Player reports (CMCD v2 keys). Accepted at once, stored within a second or counted as dropped.',
    auth: 'public',
    rateLimit: 'beacon',
    cors: 'app',
    body: z.strictObject({
      streamId: id,
      sessionId: z.string().regex(/^[\w-]{16,64}$/),
      transport: z.enum(transports),
      region: z.enum(regionNames).optional(),
      events: z.array(cmcdEvent).min(1).max(50),
    }),
    responses: { 202: z.object({ sampleRate: z.number() }) },
  }),
  getViewers: defineRoute({
    method: 'GET',
    path: '/api/analytics/streams/:streamId/viewers',
    summary: 'Concurrent viewers now and the peak of this broadcast.',
    auth: 'public',
    problems: ['unavailable'],
    rateLimit: 'read',
    cors: 'app',
    params: streamParams,
    responses: { 200: z.object({ viewers: z.number().int(), peak: z.number().int(), byTransport, byRegion }) },
  }),
  getTimeline: defineRoute({
    method: 'GET',
    path: '/api/analytics/streams/:streamId/timeline',
    summary: 'Viewers and quality per minute, for the owner of the stream.',
    auth: 'user',
    problems: ['forbidden', 'not-found', 'unavailable'],
    rateLimit: 'read',
    cors: 'app',
    params: streamParams,
    query: z.object({
      /** Unix milliseconds; the last hour by default. */
      from: z.coerce.number().int().min(0).optional(),
      to: z.coerce.number().int().min(0).optional(),
    }),
    responses: {
      200: z.object({
        minutes: z.array(
          z.object({
            /** Start of the minute, Unix milliseconds. */
            at: z.number().int(),
            /** Mean over the minute. */
            viewers: z.number(),
            peak: z.number().int(),
            watchSeconds: z.number(),
            /** Seconds watched. */
            byTransport,
            byRegion,
            qoe,
          }),
        ),
      }),
    },
  }),
  getSummary: defineRoute({
    method: 'GET',
    path: '/api/analytics/streams/:streamId/summary',
    summary: 'The whole broadcast: unique viewers, peak, watch time, quality and cost, for the owner of the stream.',
    auth: 'user',
    problems: ['forbidden', 'not-found', 'unavailable'],
    rateLimit: 'read',
    cors: 'app',
    params: streamParams,
    responses: {
      200: z.object({
        viewers: z.number().int(),
        peak: z.number().int(),
        /** Estimated, standard error 0.81 %. */
        uniqueViewers: z.number().int(),
        watchSeconds: z.number(),
        qoe,
        droppedFrames: z.number().int(),
        cost: z.object({
          /** Delivery at list price of what was watched, at the bitrate that players measured. */
          deliveryUsd: z.number(),
          /** Null until something was watched. */
          usdPerViewerHour: z.number().nullable(),
        }),
      }),
    },
  }),
} as const;

export const analyticsContract = defineService({
  name: 'analytics',
  description: 'Concurrent and unique viewers, watch time, playback quality and cost, per stream.',
  port: 8104,
  managementPort: 9104,
  environment: z.object({
    ...baseEnvironment,
    ...tokenEnvironment,
    ...serviceIdentityEnvironment,
    ...redisEnvironment,
    ...mongoEnvironment,
    /** Where the stream service answers processes: who owns a stream. */
    STREAM_URL: z.url(),
    /** Days that single player reports are kept; minutes are kept ten times as long. */
    ANALYTICS_RETENTION_DAYS: z.coerce.number().int().min(1).max(40).default(14),
  }),
  prefixes: ['/api/analytics/'],
  routes: analyticsRoutes,
});
