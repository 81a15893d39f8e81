import { Driver } from './driver.js'

/**
 * The running programs of one client. A scenario takes one and gives it back, as starting one costs more than most
 * scenarios.
 */
export class Drivers {
  readonly #idle: Driver[] = []

  constructor(
    readonly command: readonly string[],
    readonly bootstrap: string,
  ) {}

  async take(): Promise<Driver> {
    return this.#idle.pop() ?? Driver.start(this.command, this.bootstrap)
  }

  async giveBack(driver: Driver): Promise<void> {
    if (!driver.lives) return
    await driver.forget()
    this.#idle.push(driver)
  }

  async end(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map(driver => driver.end()))
  }
}
