// What a request asks for, by the keys of the release that serves it.

/** @returns what the session shows afterwards, as every release can tell it */
export async function perform(session, { kind, user, value }, version) {
  const does = { ...operations, ...(version > 1 ? sinceSecond : {}) }
  const result = await does[kind]?.(session, { user, value, version })
  return { isDone: kind in does, taken: result, version, seen: kind === 'logout' ? {} : show(session, version) }
}

const operations = {
  look() {},
  login(session, { user, value, version }) {
    if (version < 3) session.set('uid', String(user))
    if (version > 1) session.set('userId', user)
    operations.name(session, { value, version })
    session.set('prefs', { lang: value })
  },
  hit(session) {
    session.update('hits', (hits) => hits + 1)
  },
  name(session, { value, version }) {
    session.set(version > 1 ? 'nick' : 'name', value)
  },
  prefs(session, { value, version }) {
    session.set('prefs', version > 2 ? { lang: value, size: value.length } : { lang: value })
  },
  note(session, { value }) {
    session.flash.add('notes', value)
  },
  async take(session, { version }) {
    const notes = (await session.flash.take('notes')) ?? []
    const alert = version > 1 ? await session.flash.take('alert') : undefined
    return { notes, alert }
  },
  rotate: (session) => session.rotate(),
  logout: (session) => session.destroy(),
}

const sinceSecond = {
  theme(session, { value }) {
    session.set('theme', value)
    session.set('seenAt', new Date(value.length * 1e9))
  },
  alert(session, { value }) {
    session.flash.set('alert', value)
  },
}

function show(session, version) {
  const get = (key) => session.get(key)
  const shared = { hits: get('hits'), prefs: get('prefs') }
  if (version === 1)
    return { ...shared, user: get('uid') === undefined ? undefined : Number(get('uid')), name: get('name') }
  return {
    ...shared,
    user: get('userId'),
    name: get('nick'),
    theme: get('theme'),
    seenAt: get('seenAt')?.toISOString(),
  }
}
