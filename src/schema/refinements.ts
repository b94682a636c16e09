import * as z from 'zod/v4/core'
import { SessionConfigError, SessionValidationError } from '../core/errors.js'
import { formatIssues, toValidationIssues } from './issues.js'

export type WholeCheck = (data: Readonly<Record<string, unknown>>) => void

/**
 * The schema's cross-field refinements as a check of their own. They run on a partial session, so the keys, which are
 * validated one by one already, are replaced by ones that accept anything, and only the refinements remain.
 */
export function createWholeCheck(schema: z.$ZodObject, label: string): WholeCheck | undefined {
  const { def } = schema._zod
  if (!def.checks?.length) return undefined
  const anything = new z.$ZodOptional({ type: 'optional', innerType: new z.$ZodUnknown({ type: 'unknown' }) })
  const shape = Object.fromEntries(Object.keys(def.shape).map((key) => [key, anything]))
  const refinements = z.clone(schema, { ...def, shape })
  return (data) => {
    const result = checked(refinements, data, label)
    if (result.success) return
    const issues = toValidationIssues(result.error.issues, '', data)
    throw new SessionValidationError(
      `The data of ${label} breaks a rule across its keys: ${formatIssues(issues)}.`,
      issues,
    )
  }
}

function checked(refinements: z.$ZodType, data: unknown, label: string) {
  try {
    return z.safeParse(refinements, data)
  } catch (error) {
    if (!(error instanceof z.$ZodAsyncError)) throw error
    throw new SessionConfigError(
      `A rule across the keys of ${label} is asynchronous, and changes of a session are checked at once. Check it before set().`,
    )
  }
}
