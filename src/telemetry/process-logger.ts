import { type Logger as Pino, pino, stdSerializers, stdTimeFunctions } from 'pino'
import { printableLines } from './printable.js'
import { StandardError } from './standard-error.js'

type Shape = (line: string) => string

/**
 * Makes the logger of the command line: pino, onto standard error. A terminal shows lines to read, everything else gets
 * one JSON object a line. All that pino needs is loaded here, so that an error finds it loaded.
 */
export async function processLogger(isTerminal = process.stderr.isTTY === true): Promise<Pino> {
  const shape: Shape = isTerminal ? await readable() : line => line
  const out = new StandardError(dropped => shape(lossOf(dropped)))
  return pino(
    {
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: printableError },
    },
    { write: line => out.write(shape(line)) },
  )
}

async function readable(): Promise<Shape> {
  // It has to be the default export: bundled, a CommonJS module has no other.
  const { default: pretty } = await import('pino-pretty')
  const colorize = !process.env.NO_COLOR
  return pretty.prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss.l', levelFirst: false })
}

const lossOf = (dropped: number): string =>
  `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), msg: `${dropped} lines were lost: standard error did not take them.` })}\n`

/** Makes the text of an error printable: it may hold a client's words. */
function printableError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown
  const { type, message, stack } = stdSerializers.err(thrown)
  return { type, message: printableLines(message), stack: printableLines(stack) }
}
