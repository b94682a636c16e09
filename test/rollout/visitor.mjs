// One browser of a rollout: what it was told is done, and whether the next answers still know of it.

/** @param {import('./run.mjs').Verdict} verdict */
export function createVisitor(user, verdict) {
  const visitor = { user, busy: false, cookie: undefined, acknowledged: 0, unknown: 0, known: {}, waiting: new Set() }

  return Object.assign(visitor, {
    /** Looks at an answer. @param before how many increments were acknowledged before it was asked for */
    see(op, { status, cookies, report }, before = visitor.acknowledged) {
      verdict.requests++
      for (const line of cookies) take(line.split(';')[0])
      if (status !== 200) {
        verdict.failed++
        verdict.report(`${op.kind} was answered with ${status} ${report?.code ?? report?.data?.code ?? ''}`, report)
        if (op.kind === 'hit') visitor.unknown++
        else forget(op)
        return
      }
      if (op.kind === 'logout') return
      if (!report.isDone) return look(report, before)
      if (op.kind === 'hit') visitor.acknowledged++
      // A channel that holds one message keeps the last.
      if (op.kind === 'alert')
        for (const each of visitor.waiting) if (each.startsWith('alert')) visitor.waiting.delete(each)
      if (op.kind === 'note' || op.kind === 'alert') visitor.waiting.add(op.value)
      if (op.kind === 'take') for (const each of [...report.taken.notes, report.taken.alert ?? []].flat()) deliver(each)
      remember(op, report.version)
      look(report, before)
    },
    /** When nothing may be waiting any more. */
    expectNothingWaits() {
      verdict.flashLost += visitor.waiting.size
      if (visitor.waiting.size > 0) verdict.report('flash messages were never delivered')
    },
    expectExactly({ seen }) {
      const { acknowledged, unknown } = visitor
      if (seen.hits >= acknowledged && seen.hits <= acknowledged + unknown) return
      verdict.lostWrites++
      verdict.report('in the end other increments are there than were acknowledged')
    },
  })

  function take(pair) {
    visitor.cookie = pair.endsWith('=') ? undefined : pair
  }

  function deliver(token) {
    verdict.delivered++
    if (visitor.waiting.delete(token)) return
    verdict.flashTwice++
    verdict.report('a flash message was delivered twice, or to nobody it was for')
  }

  function remember({ kind, value }, version) {
    const { known } = visitor
    if (kind === 'name' || kind === 'login') known.name = value
    if (kind === 'login') Object.assign(known, { lang: value, size: undefined })
    if (kind === 'prefs') Object.assign(known, { lang: value, size: version > 2 ? value.length : undefined })
    if (kind === 'theme') Object.assign(known, { theme: value, seenAt: new Date(value.length * 1e9).toISOString() })
  }

  /** What a failed request may have changed says nothing any more. */
  function forget({ kind }) {
    const { known } = visitor
    if (kind === 'name') delete known.name
    if (kind === 'prefs') delete known.lang
    if (kind === 'theme') delete known.theme
  }

  function look({ version, seen }, before) {
    const { known, unknown } = visitor
    if (seen.user !== user) {
      verdict.logouts++
      verdict.report(`a server of version ${version} did not know its user`)
      return
    }
    // Two tabs count at a time.
    if (seen.hits < before || seen.hits > before + unknown + 2) {
      verdict.lostWrites++
      verdict.report(`version ${version} showed other increments than those that were acknowledged`)
    }
    // Older code finds a renamed key absent once newer code has written it, until it sets it again.
    const isRenamedAway = version === 1 && seen.name === undefined
    if ('name' in known && seen.name !== known.name && !isRenamedAway) lose('name')
    if (version > 1 && 'theme' in known && seen.theme !== known.theme) lose('theme')
    if (version > 1 && 'theme' in known && seen.seenAt !== known.seenAt) lose('seenAt')
    if ('lang' in known && seen.prefs?.lang !== known.lang) lose('prefs')
    if (version > 2 && known.size !== undefined && seen.prefs?.size !== known.size) lose('prefs.size')

    function lose(key) {
      verdict.lostWrites++
      verdict.report(`version ${version} did not show what was stored last as ${key}`)
    }
  }
}
