/** A client of the matrix: its column in the table. */
export interface Client {
  readonly name: string
  /** Its folder in compat-tests, and the name of its results. */
  readonly folder: string
  readonly language: string
  /** The programs that a machine must have for it, each with a harmless flag. */
  readonly needs: readonly (readonly [tool: string, flag: string])[]
  /** Installs and builds what is not there yet; gives the command that starts the driver. */
  readonly prepare: () => readonly string[]
}
