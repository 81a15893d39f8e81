import { isForeseen, withReason } from './foreseen.js'
import type { LogTarget } from './log-target.js'
import { type LevelledLogger, type LogLevel, logLevels } from './logger.js'
import { printable } from './printable.js'

/** A target that keeps its own level, as pino does. */
type Levelled = LogTarget & Required<Pick<LogTarget, 'level' | 'isLevelEnabled'>>

/**
 * Logs the broker's messages to the target that it was given, in one printable line each. The level is the target's own
 * where it keeps one; otherwise it is kept here.
 */
export class BrokerLogger implements LevelledLogger {
  readonly #target: LogTarget | null
  readonly #levelled: Levelled | null
  /** The level, where the target keeps none. */
  #level: LogLevel

  /** Makes a logger. Without a target nothing is logged; without a level the target's own counts, or `info`. */
  constructor(target: LogTarget | null, level?: LogLevel) {
    this.#target = target
    this.#levelled = target !== null && isLevelled(target) ? target : null
    this.#level = target === null ? 'silent' : 'info'
    if (level !== undefined && target !== null) this.level = level
  }

  get level(): LogLevel {
    const target = this.#levelled
    if (!target) return this.#level
    return logLevels.findLast(level => level === 'silent' || target.isLevelEnabled(level)) as LogLevel
  }

  set level(level: LogLevel) {
    if (this.#levelled) this.#levelled.level = level
    else this.#level = level
  }

  get isDebug(): boolean {
    return this.#levelled ? this.#levelled.isLevelEnabled('debug') : this.#level === 'debug'
  }

  debug(message: string): void {
    if (this.isDebug) this.#target?.debug(printable(message))
  }

  info(message: string): void {
    if (this.#says('info')) this.#target?.info(printable(message))
  }

  warn(message: string): void {
    if (this.#says('warn')) this.#target?.warn(printable(message))
  }

  error(message: string, cause?: unknown): void {
    if (!this.#says('error')) return
    if (cause === undefined) this.#target?.error(printable(message))
    else if (isForeseen(cause)) this.#target?.error(printable(withReason(message, cause)))
    else this.#target?.error({ err: cause }, printable(message))
  }

  /**
   * Tells whether a message of this level is logged. A target that keeps its own level drops by itself what is below
   * it.
   */
  #says(level: LogLevel): boolean {
    return this.#levelled !== null || logLevels.indexOf(level) <= logLevels.indexOf(this.#level)
  }
}

const isLevelled = (target: LogTarget): target is Levelled =>
  typeof target.level === 'string' && typeof target.isLevelEnabled === 'function'
