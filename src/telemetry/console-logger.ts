import type { Logger } from './logger.js'

const levels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof levels)[number]

export const isLogLevel = (text: string): text is LogLevel => (levels as readonly string[]).includes(text)

/**
 * Prints to standard error what is at least as grave as the level, with its time; the library is loaded with the
 * first line. The date that it would print makes Node load what it knows of languages, and all clients wait 40 ms.
 */
export function consoleLogger(level: LogLevel): Logger {
  const most = levels.indexOf(level)
  const say = (kind: Exclude<LogLevel, 'silent'>, ...what: unknown[]) => {
    if (levels.indexOf(kind) > most) return
    const line = `${new Date().toISOString()} ${what.map(shown).join('\n')}`
    import('consola').then(({ createConsola }) => {
      const out = process.stderr
      createConsola({ level: 4, stdout: out, stderr: out, formatOptions: { date: false } })[kind](line)
    })
  }
  return {
    debug: message => say('debug', message),
    info: message => say('info', message),
    warn: message => say('warn', message),
    error: (message, cause) => say('error', ...(cause === undefined ? [message] : [message, cause])),
  }
}

const shown = (what: unknown): string => (what instanceof Error ? (what.stack ?? what.message) : String(what))
