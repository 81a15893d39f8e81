import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'

const mostPerMinute = 20
const minuteMs = 60_000

/** Logs warnings about what clients do: a bounded number each minute, so that no client can flood the log. */
export class Complaints {
  #minute = -1
  #said = 0
  #unsaid = 0

  constructor(
    private readonly logger: Logger,
    private readonly clock: Clock,
  ) {}

  warn(message: string): void {
    this.#turnPage()
    this.#said += 1
    if (this.#said <= mostPerMinute) this.logger.warn(message)
    else this.#unsaid += 1
  }

  #turnPage(): void {
    const minute = Math.floor(this.clock.now() / minuteMs)
    if (minute === this.#minute) return
    if (this.#unsaid > 0) this.logger.warn(`${this.#unsaid} more warnings about connections were left out.`)
    this.#minute = minute
    this.#said = 0
    this.#unsaid = 0
  }
}
