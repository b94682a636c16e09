import type FastCheck from 'fast-check'
import { missingLibrary } from '../stores/failure.js'

let loaded: typeof FastCheck
try {
  loaded = (await import('fast-check')).default
} catch (error) {
  const missing = missingLibrary(error, 'This part of zession/testing', '-D fast-check@4')
  if (!missing) throw error
  loaded = new Proxy({} as typeof FastCheck, {
    get() {
      throw missing
    },
  })
}

/**
 * fast-check; where it is not installed, what throws the command that installs it as soon as it is used. The test client and
 * the clock do without it, so no module may make anything of it while it loads.
 */
export const fc = loaded
