import { createState, OAuthError, type ObtainedGrant } from '@sluice/oauth'
import { type Callback, openCallbackListener } from '../callback/callback-listener.ts'
import { authorizedPage, failedPage } from '../callback/pages.ts'
import { describeFailure } from '../describe-failure.ts'
import type { Terminal } from '../terminal.ts'
import { announce, tellIgnored } from './announce.ts'
import type { AskedAuthorization } from './asked-authorization.ts'
import { openBrowser } from './open-browser.ts'
import { askForAddress, readAddress } from './paste-answer.ts'
import { chooseRedirect, type RedirectChoice, withoutListener } from './redirect-uri.ts'
import { requireAnswer } from './require-answer.ts'
import { waitForCallback } from './wait-for-callback.ts'

export interface BrowserChoice extends RedirectChoice {
  port: number
  /** Milliseconds. */
  timeout: number
  open: boolean
  /** The person brings the answer: nothing listens. */
  paste: boolean
}

/**
 * Sends the person to the provider and takes the answer from a loopback address, or from who pastes it: on a machine
 * without a browser the redirect leads nowhere, and its address is all that is needed.
 */
export async function authorizeByBrowser(
  asked: AskedAuthorization,
  options: BrowserChoice,
  terminal: Terminal,
): Promise<ObtainedGrant> {
  const { plan, conversation, config } = asked
  const { signal } = terminal
  const redirect = chooseRedirect(options)
  const state = createState(plan.state?.length)
  const expected = { state, state_name: plan.state?.name ?? 'state' }
  await using listener = options.paste
    ? withoutListener(redirect, options.port)
    : await openCallbackListener({ port: options.port, ...expected, redirect, onIgnored: tellIgnored(terminal) })
  const { redirect_uri } = listener
  const { url, kept } = await conversation.startAuthorization({ redirect_uri, state, config, signal })
  await requireAnswer(url)

  announce({ ...asked, listener, url, options }, terminal)
  if (options.open && !options.paste) await openBrowser(url, terminal)
  const address = { redirect_uri, ...expected }
  const callback = await waitForCallback(listener, {
    timeout: options.timeout,
    signal,
    also: pasting(options, terminal, (over) =>
      terminal.can_ask ? askForAddress(address, terminal, over) : readAddress(address, terminal),
    ),
  })
  terminal.note('The answer is here; exchanging the code for tokens …')
  return await complete(callback, asked, () =>
    conversation.completeAuthorization({ kept, parameters: callback.parameters, config, signal }),
  )
}

/** Beside the listener only a person at a terminal can paste; stdin may be anything else there. */
function pasting(
  { paste }: BrowserChoice,
  { can_ask }: Terminal,
  ask: (over: AbortSignal) => Promise<Callback | null>,
): ((over: AbortSignal) => Promise<Callback | null>) | null {
  return paste || can_ask ? ask : null
}

async function complete(
  callback: Callback,
  { plan, task }: AskedAuthorization,
  exchange: () => Promise<ObtainedGrant>,
): Promise<ObtainedGrant> {
  try {
    const obtained = await exchange()
    await callback.answer(authorizedPage(plan.provider, task))
    return obtained
  } catch (error) {
    const denied = error instanceof OAuthError && error.code === 'access_denied'
    await callback.answer(failedPage(describeFailure(error).message, denied))
    throw error
  }
}
