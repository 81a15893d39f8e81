import { KafkaError } from '../../wire/errors.js'

/** Regular expressions of clients are not served yet. */
export function compileExpression(expression: string): (text: string) => boolean {
  throw new KafkaError(
    'INVALID_REGULAR_EXPRESSION',
    `SubscribedTopicRegex \`${expression}\` is refused: regular expressions are not served yet.`,
  )
}
