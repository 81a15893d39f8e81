import { type ErrorName, errorCodes } from '../../src/wire/errors.js'

const names = new Map(Object.entries(errorCodes).map(([name, code]) => [code as number, name as ErrorName]))

/** The name of an error by its code. */
export function errorNameOf(code: number | undefined): ErrorName {
  const name = code === undefined ? undefined : names.get(code)
  if (!name) throw new Error(`no error has the code ${code}`)
  return name
}

/** The name of the error that an answer carries, NONE where it carries none. */
export const errorName = (answer: { readonly errorCode: number } | undefined): ErrorName =>
  errorNameOf(answer?.errorCode)
