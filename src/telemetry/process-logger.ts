import { type Logger as Pino, pino, stdSerializers, stdTimeFunctions } from 'pino'
import { printableLines } from './printable.js'
import { StandardError } from './standard-error.js'

type Shape = (line: string) => string

/** The look of the lines: to be read by a person, and with colors, or by a program. */
interface Look {
  readonly isTerminal: boolean
  readonly isColored: boolean
}

/**
 * Makes the logger of the command line: pino, onto standard error. A terminal shows lines to read, everything else gets
 * one JSON object a line. All that pino needs is loaded here, so that an error finds it loaded.
 */
export async function processLogger({ isTerminal, isColored }: Look): Promise<Pino> {
  const shape: Shape = isTerminal ? await readable(isColored) : line => line
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

/** Returns the look of lines on a stream: a terminal shows colors, unless NO_COLOR has a value. */
export const lookOn = (stream: { readonly isTTY?: boolean }, env: { readonly NO_COLOR?: string }): Look => ({
  isTerminal: stream.isTTY === true,
  isColored: !env.NO_COLOR,
})

async function readable(colorize: boolean): Promise<Shape> {
  // It has to be the default export: bundled, a CommonJS module has no other.
  const { default: pretty } = await import('pino-pretty')
  return pretty.prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss.l', levelFirst: false })
}

const lossOf = (dropped: number): string =>
  `{"level":"warn"${stdTimeFunctions.isoTime()},"msg":"${dropped} lines were lost: standard error did not take them."}\n`

/** Makes the text of an error printable: it may hold a client's words. */
function printableError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown
  const { type, message, stack } = stdSerializers.err(thrown)
  return { type, message: printableLines(message), stack: printableLines(stack) }
}
