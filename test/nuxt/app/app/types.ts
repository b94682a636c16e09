// Compiled by the ring: what must not compile says so.
export function typed(): void {
  const session = useSession()
  const id: number | undefined = session.data.value.userId
  const theme: 'light' | 'dark' = session.data.value.theme
  const seenAt: Date | undefined = session.data.value.seenAt
  // @ts-expect-error a key that is not exposed
  void session.data.value.token
  // @ts-expect-error another type
  const wrong: string = session.data.value.theme === 'light' ? session.data.value.visits : ''
  void session.set('theme', 'dark')
  // @ts-expect-error a value that the schema refuses
  void session.set('theme', 'green')
  // @ts-expect-error a key that is not writable
  void session.set('userId', 7)
  const notice: string | undefined = useFlash('notice').value
  // @ts-expect-error no such channel
  void useFlash('nothing')
  const initial: string | undefined = useSession('admin').data.value.initial
  // @ts-expect-error no such file
  void useSession('nobody')
  definePageMeta({ session: { require: 'userId', recent: 60 } })
  definePageMeta({ session: { require: 'name', name: 'admin' } })
  // @ts-expect-error no key of the session
  definePageMeta({ session: { require: 'usrId' } })
  // @ts-expect-error a key of another session
  definePageMeta({ session: { require: 'name' } })
  void [id, theme, seenAt, wrong, notice, initial]
}
