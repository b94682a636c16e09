import * as z from 'zod/v4/core'
import { SessionConfigError } from '../errors.js'
import { disown, isThenable } from '../thenable.js'
import { nearest } from './nearest.js'
import type { AnyRule, Rule } from './rule.js'

/**
 * Checks what was given as options: unknown names, wrong kinds, wrong values. One sentence for each mistake.
 * @param owner whose options they are, for the message: `redisStore()`
 * @throws SessionConfigError
 */
export function checkOptions<T extends object>(owner: string, rule: Rule<T>, options: unknown): void {
  const result = z.safeParse(rule.schema, options)
  if (result.success) return
  const sentences = result.error.issues.flatMap(innermost).flatMap((issue) => sentencesOf(owner, rule, issue))
  throw new SessionConfigError(sentences.join(' '))
}

/**
 * Checks a value that is no option: an argument, or what a function gave.
 * @param subject begins the sentence: `` What `store` of session `app` returned ``
 * @throws SessionConfigError
 */
export function checkValue<T>(subject: string, rule: Rule<T>, value: unknown): asserts value is T {
  const result = z.safeParse(rule.schema, value)
  if (result.success) return
  if (isThenable(value)) disown(value)
  const issues = result.error.issues.flatMap(innermost)
  throw new SessionConfigError(issues.map(({ path, message }) => `${subject}${dotted(path)} ${message}`).join(' '))
}

/** Of a value that may be an object among other things: what is wrong inside, if it is an object; else the issue itself. */
function innermost(issue: z.$ZodIssue): z.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const inside = issue.errors.find((branch) => branch.some(({ path, code }) => path.length > 0 || code === UNKNOWN))
  return inside?.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue]
}

const UNKNOWN = 'unrecognized_keys'

function sentencesOf(owner: string, rule: AnyRule, issue: z.$ZodIssue): string[] {
  if (issue.code === UNKNOWN) return unknownNames(owner, rule, issue.path, issue.keys)
  const option = issue.path.length === 0 ? 'options' : dotted(issue.path).replace(/^\./, '')
  return [`\`${option}\` of ${owner} ${issue.message}`]
}

function unknownNames(owner: string, rule: AnyRule, path: readonly PropertyKey[], names: readonly string[]): string[] {
  const { rules = {}, elsewhere = {} } = path.reduce(inside, rule).parts ?? {}
  const byRemedy = new Map<string, string[]>()
  for (const name of names) {
    const remedy = Object.hasOwn(elsewhere, name) ? `: ${elsewhere[name]}.` : meant(name, Object.keys(rules))
    const shown = dotted([...path, name.slice(0, 40)]).replace(/^\./, '')
    byRemedy.set(remedy, [...(byRemedy.get(remedy) ?? []), `\`${shown}\``])
  }
  return Array.from(byRemedy, ([remedy, [first, ...more]]) =>
    more.length === 0
      ? `${first} is no option of ${owner}${remedy}`
      : `${[first, ...more.slice(0, -1)].join(', ')} and ${more.at(-1)} are no options of ${owner}${remedy}`,
  )
}

function meant(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  if (near !== undefined) return `. Did you mean \`${near}\`?`
  if (known.length > 12) return '.'
  return known.length === 0 ? ', which has none.' : `. It has ${known.map((option) => `\`${option}\``).join(', ')}.`
}

function inside(rule: AnyRule, step: PropertyKey): AnyRule {
  const part = typeof step === 'number' ? rule.item : rule.parts?.rules[String(step)]
  return part ?? rule
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
}
