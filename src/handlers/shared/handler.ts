import type { RequestQuota } from '../../security/quotas/request-quota.js'
import { errorCodes, type KafkaError } from '../../wire/errors.js'
import type { Api, RequestOf, ResponseOf } from '../../wire/schema.js'
import type { Connection } from './connection.js'
import type { Parts } from './parts.js'

/** Answers one API: reads the request, asks the parts of the broker, shapes the response. It keeps no state. */
export interface Handler<A extends Api> {
  readonly api: A
  /** Answers a request; null means that no reply is sent (Produce with acks=0). */
  handle(request: RequestOf<A>, context: RequestContext): Promise<ResponseOf<A> | null> | ResponseOf<A>
  /** Returns the answer when the request fails as a whole, so that every API can report every error. */
  refuse(request: RequestOf<A>, error: KafkaError, version: number): ResponseOf<A>
  /**
   * The greatest length of its reply: `brief` is a few times the request at most; `measured` is one for which the
   * handler itself reserves memory. Without it the reply may be of any length, so that the request waits while the
   * memory for replies is used up.
   */
  readonly replyLength?: 'brief' | 'measured'
  /** True where nothing of the request's bytes is kept when it is answered, so that their memory can be used again. */
  readonly keepsNothing?: true
  /** Tells whether the client waits for no reply; a failure is then told by closing the connection. */
  silent?(request: RequestOf<A>): boolean
}

export interface RequestContext {
  readonly broker: Parts
  readonly connection: Connection
  readonly version: number
  readonly clientId: string | null
  /** Counts what the request uses up of its client's quotas; null where none is set. */
  readonly quota: RequestQuota | null
  /** Turns an error into the one that the client is told; logs it when it is a bug of ours. */
  explain(thrown: unknown): KafkaError
}

/** Returns the handler itself; TypeScript infers the request and response types from `api`. */
export const handler = <A extends Api>(h: Handler<A>): Handler<A> => h

/** Returns the two fields by which most responses tell an error. */
export function failure(
  thrown: unknown,
  context: RequestContext,
): { errorCode: number; errorMessage: string | null } {
  const error = context.explain(thrown)
  return { errorCode: error.code, errorMessage: error.detail }
}

export const success = { errorCode: errorCodes.NONE, errorMessage: null } as const

/** Returns the same fields for an outcome, where null stands for success. */
export const answerOf = (outcome: unknown, context: RequestContext) =>
  outcome === null ? success : failure(outcome, context)
