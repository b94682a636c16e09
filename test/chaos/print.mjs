// A failing history, made as small as possible and readable.
import { check } from './checker.mjs'

/** @type {import('./print.mjs').printViolation} */
export function printViolation(history, violation) {
  const { entries } = shrink(history, violation)
  const names = new Map()
  const nameOf = (id) => {
    if (!names.has(id)) names.set(id, `id${names.size + 1}`)
    return names.get(id)
  }
  const lines = entries.toSorted((one, other) => one.start - other.start).map((entry) => line(entry, nameOf))
  return [
    `law ${violation.law}: ${violation.what} (see ${violation.entries.map((n) => `#${n}`).join(', ')})`,
    ...lines,
  ].join('\n  ')
}

/**
 * Leaves out requests as long as the same violation is still found: it is about the same requests, so what is left is a part
 * of what has happened that is wrong by itself.
 * @type {import('./print.mjs').shrink}
 */
export function shrink(history, violation) {
  const same = (entries) =>
    check({ ...history, entries }).violations.some(
      ({ law, what, entries: about }) =>
        law === violation.law && what === violation.what && `${about}` === `${violation.entries}`,
    )
  let { entries } = history
  for (let size = Math.ceil(entries.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
    for (let at = 0; at < entries.length; ) {
      const fewer = [...entries.slice(0, at), ...entries.slice(at + size)]
      if (same(fewer)) entries = fewer
      else at += size
    }
  }
  return { ...history, entries }
}

function line({ n, def, op, sent, start, end, outcome, status, report, cookies, beside }, nameOf) {
  const { kind, user, key, fail, save, lock, keep, how, seconds } = op
  const asked = [
    kind,
    user ?? key ?? how,
    seconds,
    keep && `keeps ${keep}`,
    fail && `fails by ${fail}`,
    save && 'saves at once',
    lock && 'with the lock',
    beside !== undefined && `in one request with #${beside}`,
  ]
    .filter(Boolean)
    .join(' ')
  const time = `${start.toFixed(1)}-${end === null ? '?' : end.toFixed(1)}`
  const answer = outcome === 'answered' ? status : outcome
  const { seen, taken, kept, shown, held, revoked } = report ?? {}
  const told = [
    seen && (seen.isNew ? 'saw no session' : `saw ${JSON.stringify(seen)}`),
    taken && `took ${JSON.stringify(taken)}`,
    kept && `queued again ${JSON.stringify(kept)}`,
    shown !== undefined && `showed itself ${shown}`,
    held && `held the lock ${held.map((time) => time.toFixed(1)).join('-')}`,
    revoked !== undefined && `revoked ${revoked}`,
    ...cookies.map((id) => (id === '' ? 'cookie removed' : `cookie ${nameOf(id)}`)),
  ].filter(Boolean)
  return `#${n} ${time} ms ${def} ${asked}, sent ${sent === null ? 'no cookie' : nameOf(sent)}: ${answer}${told.map((text) => `, ${text}`).join('')}`
}
