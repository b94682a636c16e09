import { describe, expect, it } from 'vitest'
import { guardsOf } from '../../../src/nuxt/guards.js'
import { guardedPages } from '../../../src/nuxt/page-guards.js'

const guard = { require: 'userId' }
const admin = { require: 'name', name: 'admin' }

describe('the guards of pages', () => {
  it.each([
    ['/team', '/team'],
    ['/team/:id()', '/team/7'],
    ['/team/:id()/edit', '/team/7/edit'],
    ['/team/:id?', '/team'],
    ['/team/:id?', '/team/7'],
    ['/docs/:slug(.*)*', '/docs/a/b'],
    ['/shop-:id()', '/shop-7'],
  ])('%s guards %s', (path, visited) => {
    const pages = guardedPages([{ path, meta: { session: guard } }], {})
    expect(guardsOf({ rules: [], pages }, visited)).toEqual([guard])
    expect(guardsOf({ rules: [], pages }, '/elsewhere')).toEqual([])
  })

  it('are inherited by the pages inside, unless those say otherwise', () => {
    const children = [
      { path: '' },
      { path: 'open', meta: { session: false } },
      { path: 'admin', meta: { session: admin } },
    ]
    const pages = guardedPages([{ path: '/a', meta: { session: guard }, children }], {})
    const of = (path: string) => guardsOf({ rules: [], pages }, path)
    expect([of('/a'), of('/a/'), of('/a/open'), of('/a/admin')]).toEqual([[guard], [guard], [{}], [admin]])
  })

  it('hold for each alias', () => {
    const pages = guardedPages([{ path: '/a', alias: ['/b', '/c'], meta: { session: guard } }], {})
    expect(['/a', '/b', '/c'].map((path) => guardsOf({ rules: [], pages }, path))).toEqual([[guard], [guard], [guard]])
  })

  it('of the most exact page decide, whatever the order of the files', () => {
    const list = [
      { path: '/u/:rest(.*)*', meta: { session: admin } },
      { path: '/u/:id()', meta: { session: guard } },
      { path: '/u/new' },
    ]
    for (const pages of [guardedPages(list, {}), guardedPages(list.toReversed(), {})]) {
      const of = (path: string) => guardsOf({ rules: [], pages }, path)
      expect([of('/u/new'), of('/u/7'), of('/u/7/8')]).toEqual([[{}], [guard], [admin]])
    }
  })

  it('are refused when they cannot be read, are wrong, or belong to a page that is cached', () => {
    const refused = (meta: Record<string, unknown>, rules = {}) => {
      expect(() => guardedPages([{ path: '/a', file: 'pages/a.vue', meta }], rules)).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
      )
    }
    refused({ __nuxt_dynamic_meta_key: new Set(['session']) })
    refused({ session: { requires: 'userId' } })
    refused({ session: guard }, { '/a': { swr: 60 } })
    refused({ session: guard }, { '/**': { prerender: true } })
  })
})

it('a page and a route rule must both let a visitor in', () => {
  const pages = guardedPages([{ path: '/a', meta: { session: guard } }], {})
  expect(guardsOf({ rules: [['/**', admin]], pages }, '/a')).toEqual([admin, guard])
})

it.each([
  '/a?x=/b',
  '/a#b',
  '/a/',
  '/A',
  '/%61',
  '//a',
  '/a/_payload.json',
  '/a/_payload.js?x',
  '/b/../a',
  '/b/%2e%2e/a',
  '/./a',
  '\\a',
])('a guard is not passed by another spelling of its path: %s', (path) => {
  expect(guardsOf({ rules: [['/a', guard]], pages: [] }, path)).toEqual([guard])
})
