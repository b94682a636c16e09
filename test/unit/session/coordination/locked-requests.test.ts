import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { login, setUp, userOf } from '../subjects/kit.js'

describe('a lock holds although the id changes', () => {
  it.each(['beside it', 'at its end'])('when it rotates %s', async (when) => {
    const { client, clock, definition } = setUp({ unlimited: true, rotateEvery: 600 })
    const browser = client()
    await login(browser)
    clock.advance(700)
    let [inside, most] = [0, 0]
    const handle = async (cookie: string) => {
      let sent = cookie
      const scope = new RequestSessions()
      const header = (name: string) => (name === 'Cookie' ? cookie : undefined)
      await scope.use(definition, { header }, { lock: true })
      most = Math.max(most, ++inside)
      await sleep(40)
      inside--
      await scope.commit(200, {
        setHeader() {},
        setDefault() {},
        vary() {},
        setCookie: (_, line) => void (sent = line.split(';')[0] ?? ''),
      })
      return sent
    }
    const first = handle(browser.cookie)
    await sleep(5)
    if (when === 'beside it') await userOf(browser)
    const second = handle(browser.cookie)
    const third = handle(await first)
    await Promise.all([second, third])
    expect(most).toBe(1)
  })
})

it("J9 law 3: with flashMode 'next-request' a flash that was there once the lock was free is shown once", async () => {
  const { client, definition } = setUp({ unlimited: true, flashMode: 'next-request' })
  const browser = client()
  await login(browser)
  const show = async (write: boolean) => {
    const scope = new RequestSessions()
    const header = (name: string) => (name === 'Cookie' ? browser.cookie : undefined)
    const session = await scope.use(definition, { header }, { lock: true })
    const shown = session.flash.peek('note')
    if (write) session.flash.set('note', 'Saved')
    await sleep(10)
    await scope.commit(200, { setHeader() {}, setDefault() {}, vary() {}, setCookie() {} })
    return shown
  }
  expect(await Promise.all([show(true), show(false)])).toEqual([undefined, 'Saved'])
  expect(await show(false)).toBeUndefined()
})
