export default defineEventHandler(async (event) => {
  const { text = 'Saved.', next = '/flash' } = (await readBody<{ text?: string; next?: string }>(event)) ?? {}
  const session = await useSession(event)
  session.flash.set('notice', text)
  return answer(event, next, { queued: true })
})
