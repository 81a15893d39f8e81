import { KafkaError } from '../wire/errors.js'
import type { Answered } from './log-engine.js'

/** Returns the answer about the one target that was asked for; its error is thrown. */
export async function only<T>(answers: Promise<readonly Answered<T>[]>): Promise<T> {
  const [answer] = await answers
  if (answer instanceof KafkaError) throw answer
  return answer as T
}
