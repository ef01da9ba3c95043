import type { StateKind } from './state.ts'

export interface Config {
  state_kind?: StateKind
  page_size?: number
  credentials: {
    client_id: string
    client_secret: string
    refresh_token: string
    access_token?: string
    /** ISO 8601. */
    token_expiry_date?: string
  }
}

const secret = (title: string, order: number) => ({ type: 'string', title, airbyte_secret: true, order })
const kept = (name: string) => ({ type: 'string', path_in_connector_config: ['credentials', name] })

/** The ConnectorSpecification, OAuth by path maps included. */
export const SPEC = {
  documentationUrl: 'http://localhost:16970/',
  protocol_version: '0.2.0',
  connectionSpecification: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Lab shop (Airbyte)',
    type: 'object',
    required: ['credentials'],
    additionalProperties: true,
    properties: {
      state_kind: { type: 'string', title: 'State', enum: ['stream', 'global', 'legacy'], default: 'stream', order: 0 },
      page_size: { type: 'integer', title: 'Page size', minimum: 1, maximum: 200, default: 100, order: 1 },
      credentials: {
        type: 'object',
        title: 'Authentication',
        required: ['client_id', 'client_secret', 'refresh_token'],
        order: 2,
        properties: {
          client_id: { type: 'string', title: 'Client id', order: 0 },
          client_secret: secret('Client secret', 1),
          refresh_token: secret('Refresh token', 2),
          access_token: secret('Access token', 3),
          token_expiry_date: { type: 'string', title: 'Expiry of the access token', format: 'date-time', order: 4 },
        },
      },
    },
  },
  advanced_auth: {
    auth_flow_type: 'oauth2.0',
    oauth_config_specification: {
      complete_oauth_output_specification: {
        type: 'object',
        properties: {
          access_token: kept('access_token'),
          refresh_token: kept('refresh_token'),
          token_expiry_date: kept('token_expiry_date'),
        },
      },
      complete_oauth_server_input_specification: {
        type: 'object',
        properties: { client_id: { type: 'string' }, client_secret: { type: 'string' } },
      },
      complete_oauth_server_output_specification: {
        type: 'object',
        properties: { client_id: kept('client_id'), client_secret: kept('client_secret') },
      },
    },
  },
}
