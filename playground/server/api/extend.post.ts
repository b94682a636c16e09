export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  session.remember(false)
  return answer(event, '/expiry', { extended: true })
})
