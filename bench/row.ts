/** A measurement of Ottla alone, against a bound. */
export interface Row {
  readonly name: string
  readonly unit: string
  readonly target: string
  readonly rounds: number
  measure(): Promise<number>
}
