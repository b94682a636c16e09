import type * as z from 'zod/v4/core'
import { SessionValidationError, type ValidationIssue } from '../core/errors.js'
import { describeShape } from '../core/shape.js'

/**
 * What zod found wrong, told without the value. zod's own message texts are not used: a custom error function may put the
 * input into them.
 */
export function toValidationIssues(issues: readonly z.$ZodIssue[], key: string, value: unknown): ValidationIssue[] {
  return issues.map((issue) => ({
    path: formatPath(key, value, issue.path),
    expected: expectedBy(issue),
    received: describeShape(issue.path.reduce(below, value)),
  }))
}

/** The error for values that the app gave and the schema refuses. @param label whose keys they are */
export function invalidValues(label: string, issues: readonly ValidationIssue[]): SessionValidationError {
  return new SessionValidationError(`Invalid value for ${label}: ${formatIssues(issues)}.`, issues)
}

export function formatIssues(issues: readonly ValidationIssue[]): string {
  return issues.map((issue) => `\`${issue.path}\`: expected ${issue.expected}, received ${issue.received}`).join('; ')
}

export function formatPath(key: string, value: unknown, path: readonly unknown[]): string {
  let text = key
  let at = value
  for (const step of path) {
    // Map keys are data, so they are named by position.
    if (at instanceof Map) text += `<entry ${[...at.keys()].indexOf(step)}>`
    else if (at instanceof Set) text += `[${String(step)}]`
    else if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? String(step) : `.${String(step)}`
    at = below(at, step)
  }
  return text
}

function below(at: unknown, step: unknown): unknown {
  if (at instanceof Map) return at.get(step)
  if (at instanceof Set) return [...at][step as number]
  return typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[step as PropertyKey] : undefined
}

function expectedBy(issue: z.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected
    case 'invalid_value':
      return issue.values
        .map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value)))
        .join(' | ')
    case 'too_small':
      return `${issue.origin} ${issue.inclusive === false ? '>' : '>='} ${String(issue.minimum)}`
    case 'too_big':
      return `${issue.origin} ${issue.inclusive === false ? '<' : '<='} ${String(issue.maximum)}`
    case 'invalid_format':
      return `a string in ${issue.format} format`
    case 'not_multiple_of':
      return `a multiple of ${String(issue.divisor)}`
    case 'unrecognized_keys':
      return `no key ${issue.keys.map((name) => `\`${name}\``).join(', ')}`
    case 'invalid_union':
      return 'one of the types of the union'
    case 'invalid_key':
      return 'other keys'
    case 'invalid_element':
      return 'other elements'
    default:
      return 'what the custom check of the schema accepts'
  }
}
