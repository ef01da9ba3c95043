/** Everything that a tenant can be told of; the text is for the API reference. */
export const EVENT_TYPES = {
  'connection.created': 'A person connected an account.',
  'connection.repaired': 'A person authorized again, or the connection was given new credentials.',
  'connection.will_expire': 'A person must authorize again before the date in `act_by`.',
  'connection.broken': 'The connection cannot be used until what `cause` names is mended.',
  'connection.recovered': 'The connection works again without anybody’s doing.',
  'connection.revoked': 'The connection was deleted, or its grant was revoked.',
  'run.finished': 'A run ended well.',
  'run.failed': 'A run ended with an error.',
  'webhook_endpoint.disabled': 'A webhook endpoint was disabled because nothing arrived there for long.',
  'webhook_endpoint.test': 'Somebody asked for a test.',
} as const

export type EventType = keyof typeof EVENT_TYPES

export const eventTypes = Object.keys(EVENT_TYPES) as [EventType, ...EventType[]]
