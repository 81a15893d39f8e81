import type { Logger } from './logger.js'

const levels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof levels)[number]

export const isLogLevel = (text: string): text is LogLevel => (levels as readonly string[]).includes(text)

type Say = (kind: Exclude<LogLevel, 'silent'>, line: string) => void

/**
 * Prints to standard error what is at least as grave as the level, with its time; the library is loaded with the
 * first line. The date that it would print makes Node load what it knows of languages, and all clients wait 40 ms.
 * Where it cannot be loaded, as without descriptors, lines are printed as they are: nothing that is said is lost, and
 * nothing ends the process.
 */
export function consoleLogger(level: LogLevel): Logger {
  const most = levels.indexOf(level)
  let print: Say | null = null
  const say = (kind: Exclude<LogLevel, 'silent'>, ...what: unknown[]) => {
    if (levels.indexOf(kind) > most) return
    const line = `${new Date().toISOString()} ${what.map(shown).join('\n')}`
    if (print) return print(kind, line)
    loaded().then(
      loadedPrint => {
        print = loadedPrint
        print(kind, line)
      },
      () => printPlainly(kind, line),
    )
  }
  return {
    debug: message => say('debug', message),
    info: message => say('info', message),
    warn: message => say('warn', message),
    error: (message, cause) => say('error', ...(cause === undefined ? [message] : [message, cause])),
  }
}

async function loaded(): Promise<Say> {
  const { createConsola } = await import('consola')
  const out = process.stderr
  const printer = createConsola({ level: 4, stdout: out, stderr: out, formatOptions: { date: false } })
  return (kind, line) => printer[kind](line)
}

function printPlainly(kind: string, line: string): void {
  try {
    process.stderr.write(`[${kind}] ${line}\n`)
  } catch {
    // Standard error itself could not be opened; there is nobody else to tell.
  }
}

const shown = (what: unknown): string => (what instanceof Error ? (what.stack ?? what.message) : String(what))
