import type { Connection } from '../net/dispatch.js'
import { errorCodes, type KafkaError } from '../wire/errors.js'
import type { Api, RequestOf, ResponseOf } from '../wire/schema.js'
import type { Parts } from './parts.js'

/** Answers one API: reads the request, asks the parts of the broker, shapes the response. It keeps no state. */
export interface Handler<A extends Api> {
  readonly api: A
  /** Null means that no reply is sent (Produce with acks=0). */
  handle(request: RequestOf<A>, context: RequestContext): Promise<ResponseOf<A> | null> | ResponseOf<A>
  /** The answer when the request fails as a whole, so that every API can report every error. */
  refuse(request: RequestOf<A>, error: KafkaError, version: number): ResponseOf<A>
  /**
   * How long its reply can be: `brief`, a few times the request at most; `measured`, what the handler itself finds
   * memory for; without it anything, so that the request waits while the memory for replies is used up.
   */
  readonly replyLength?: 'brief' | 'measured'
  /** Nothing of the request's bytes is kept when it is answered, so that their memory can be used again. */
  readonly keepsNothing?: true
  /** Whether the client waits for no reply; a failure is then told by closing the connection. */
  silent?(request: RequestOf<A>): boolean
}

export interface RequestContext {
  readonly broker: Parts
  readonly connection: Connection
  readonly version: number
  readonly clientId: string | null
  /** Turns what was thrown into what the client is told; logs it when it is a bug of ours. */
  explain(thrown: unknown): KafkaError
}

/** Lets TypeScript infer the request and response types from `api`. */
export const handler = <A extends Api>(h: Handler<A>): Handler<A> => h

/** The two fields by which most responses tell what went wrong. */
export function failure(
  thrown: unknown,
  context: RequestContext,
): { errorCode: number; errorMessage: string | null } {
  const error = context.explain(thrown)
  return { errorCode: error.code, errorMessage: error.detail }
}

export const success = { errorCode: errorCodes.NONE, errorMessage: null } as const

/** The same where null stands for success. */
export const answerOf = (outcome: unknown, context: RequestContext) =>
  outcome === null ? success : failure(outcome, context)
