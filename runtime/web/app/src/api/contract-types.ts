import type { z } from 'zod';

interface Route {
  readonly body?: z.ZodType;
  readonly responses: Readonly<Record<number, z.ZodType | null | 'stream'>>;
}

/** The body that a route takes. Types only: no schema reaches the browser. */
export type BodyOf<R extends Route> = R['body'] extends z.ZodType ? z.input<R['body']> : never;

/** What a route answers when it succeeds. */
export type AnswerOf<R extends Route> = {
  [Status in keyof R['responses']]: R['responses'][Status] extends z.ZodType
    ? z.output<R['responses'][Status]>
    : undefined;
}[keyof R['responses']];
