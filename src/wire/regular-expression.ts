import { lazyPackage, once } from '../loading/lazy-package.js'
import { KafkaError } from './errors.js'

const re2 = once(() => lazyPackage<typeof import('re2js')>('re2js'))

/**
 * The greatest length, of which Kafka has none: a longer expression could stop all work for seconds while it is
 * compiled.
 */
const maxLength = 4096

/**
 * Compiles a regular expression that stands for names, of topics unless `what` says otherwise. It has to
 * match the whole name. The engine is RE2, as Kafka's is (re2j): it takes time that is linear in the name,
 * and knows no look-around and no back references.
 */
export function compileExpression(
  expression: string,
  what = 'SubscribedTopicRegex',
): (text: string) => boolean {
  const invalid = (why: string): KafkaError =>
    new KafkaError(
      'INVALID_REGULAR_EXPRESSION',
      `${what} \`${expression}\` is not a valid regular expression: ${why}.`,
    )
  if (expression.length > maxLength) throw invalid(`it is longer than ${maxLength} characters`)
  const { RE2JS, RE2JSSyntaxException } = re2()
  try {
    const compiled = RE2JS.compile(expression)
    return text => compiled.testExact(text)
  } catch (thrown) {
    if (!(thrown instanceof RE2JSSyntaxException)) throw thrown
    throw invalid(thrown.getDescription())
  }
}
