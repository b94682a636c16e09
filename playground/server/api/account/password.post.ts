export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  session.flash.set('notice', 'The password is changed.')
  return answer(event, '/account', { changed: true })
})
