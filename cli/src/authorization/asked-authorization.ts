import type { JsonObject } from '@sluice/connector-specs'
import type { Conversation, OAuthPlan } from '@sluice/oauth'

/** What is to be authorized, whichever way the person takes. */
export interface AskedAuthorization {
  /** The capture's name. */
  task: string
  plan: OAuthPlan
  client_id: string
  conversation: Conversation
  /** As the templates see it. */
  config: JsonObject
}
