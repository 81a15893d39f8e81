import { createRequire } from 'node:module'

/** A package that makes Ottla faster where it could be installed; null where it could not. */
export function optionalPackage<T>(name: string): T | null {
  try {
    // In the CommonJS build there is no import.meta, in the other no __filename.
    const here = typeof __filename === 'string' ? __filename : import.meta.url
    return createRequire(here)(name) as T
  } catch {
    return null
  }
}
