export default defineEventHandler(async (event) => {
  const { seconds = 10 } = (await readBody<{ seconds?: number }>(event)) ?? {}
  const session = await useSession(event)
  session.remember(seconds)
  return answer(event, '/expiry', { seconds })
})
