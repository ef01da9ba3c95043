// The answer to `spec`: config schema, resource schema and OAuth spec, in the spelling of Flow's protocol.

const PROTOCOL = 3032023

/**
 * @param origin the lab's origin, which is its issuer too: `http://localhost:16970`
 * @param refreshTokens how the lab was told to treat refresh tokens, in the words of Sluice's provider declarations
 */
export function spec(origin: string, refreshTokens?: object) {
  return {
    protocol: PROTOCOL,
    configSchema: CONFIG_SCHEMA,
    resourceConfigSchema: RESOURCE_CONFIG_SCHEMA,
    documentationUrl: `${origin}/`,
    resourcePathPointers: ['/stream'],
    oauth2: { ...oauth2(origin), ...(refreshTokens && { 'x-sluice': { refresh_tokens: refreshTokens } }) },
  }
}

const CONFIG_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Lab shop',
  type: 'object',
  required: ['region', 'credentials'],
  properties: {
    region: {
      title: 'Region',
      description: 'Which part of the shop to read.',
      type: 'string',
      oneOf: [
        { const: 'all', title: 'Everywhere' },
        { const: 'americas', title: 'Americas', description: 'Brazil and the United States' },
        { const: 'asia', title: 'Asia', description: 'Japan' },
        { const: 'europe', title: 'Europe', description: 'Germany, France and Great Britain' },
      ],
      default: 'all',
      order: 0,
    },
    history: {
      title: 'History',
      description: 'How far back the first run reads.',
      type: 'string',
      oneOf: [
        { const: 'all', title: 'All there is' },
        { const: 'since', title: 'Since a date' },
      ],
      default: 'all',
      order: 1,
    },
    orders: {
      title: 'Orders',
      description: 'Whether orders are read beside customers.',
      type: 'object',
      discriminator: { propertyName: 'sync' },
      oneOf: [
        {
          title: 'Read orders',
          type: 'object',
          required: ['sync'],
          properties: {
            sync: { type: 'string', const: 'include', default: 'include' },
            status: {
              title: 'Status',
              description: 'Only orders of this status.',
              type: 'string',
              enum: ['any', 'pending', 'paid', 'shipped', 'returned'],
              default: 'any',
            },
          },
        },
        {
          title: 'Leave orders out',
          type: 'object',
          required: ['sync'],
          properties: { sync: { type: 'string', const: 'skip', default: 'skip' } },
        },
      ],
      default: { sync: 'include', status: 'any' },
      order: 3,
    },
    leave_out_emails: {
      title: 'Leave out e-mail addresses',
      description: 'Customers are read without their e-mail address.',
      type: 'boolean',
      default: false,
      order: 4,
    },
    page_size: {
      title: 'Page size',
      description: 'Records asked for in one request.',
      type: 'integer',
      minimum: 1,
      maximum: 200,
      default: 100,
      advanced: true,
      order: 5,
    },
    poll_seconds: {
      title: 'Polling interval',
      description: 'Seconds between two looks for changes.',
      type: 'integer',
      minimum: 1,
      maximum: 86400,
      default: 300,
      advanced: true,
      order: 6,
    },
    credentials: {
      title: 'Authentication',
      description: 'Access to your Lab account.',
      type: 'object',
      discriminator: { propertyName: 'auth_type' },
      oneOf: [
        {
          title: 'Sign in with Lab',
          type: 'object',
          'x-oauth2-provider': 'lab',
          required: ['auth_type', 'client_id', 'client_secret', 'access_token', 'refresh_token'],
          properties: {
            auth_type: { type: 'string', const: 'oauth', default: 'oauth' },
            client_id: { title: 'Client ID', type: 'string', secret: true },
            client_secret: { title: 'Client secret', type: 'string', secret: true },
            access_token: { title: 'Access token', type: 'string', secret: true },
            refresh_token: { title: 'Refresh token', type: 'string', secret: true },
            access_token_expires_at: {
              title: 'Access token expires at',
              type: 'string',
              format: 'date-time',
              secret: true,
            },
          },
        },
      ],
      order: 7,
    },
  },
  if: { properties: { history: { const: 'since' } }, required: ['history'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: {
    required: ['start_date'],
    properties: {
      start_date: {
        title: 'Start date',
        description: 'Year, month and day, such as 2025-06-01.',
        type: 'string',
        format: 'date',
        pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
        examples: ['2025-06-01'],
        order: 2,
      },
    },
  },
}

const RESOURCE_CONFIG_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Stream of the Lab shop',
  type: 'object',
  required: ['stream'],
  properties: {
    stream: { title: 'Stream', type: 'string', enum: ['customers', 'orders'], 'x-collection-name': true },
  },
}

const encoded = (variable: string) => `{{#urlencode}}{{{ ${variable} }}}{{/urlencode}}`
const CLIENT_AUTHENTICATION = {
  'content-type': 'application/x-www-form-urlencoded',
  authorization: 'Basic {{#basicauth}}{{{ client_id }}}:{{{ client_secret }}}{{/basicauth}}',
}
const RESPONSE_MAP = {
  access_token: '/access_token',
  refresh_token: '/refresh_token',
  access_token_expires_at: '{{#now_plus}}{{ expires_in }}{{/now_plus}}',
}

function oauth2(origin: string) {
  const authorization = [
    'response_type=code',
    `client_id=${encoded('client_id')}`,
    `redirect_uri=${encoded('redirect_uri')}`,
    'scope={{#urlencode}}openid offline_access customers:read orders:read{{/urlencode}}',
    // The lab grants a refresh token only when it has asked the person (OpenID Connect Core §11).
    'prompt=consent',
    `state=${encoded('state')}`,
    `code_challenge=${encoded('code_challenge')}`,
    `code_challenge_method=${encoded('code_challenge_method')}`,
  ]
  const token = [
    'grant_type=authorization_code',
    `code=${encoded('code')}`,
    `redirect_uri=${encoded('redirect_uri')}`,
    `code_verifier=${encoded('code_verifier')}`,
  ]
  return {
    provider: 'lab',
    authUrlTemplate: `${origin}/auth?${authorization.join('&')}`,
    accessTokenUrlTemplate: `${origin}/token`,
    accessTokenBody: token.join('&'),
    accessTokenHeaders: CLIENT_AUTHENTICATION,
    accessTokenResponseMap: RESPONSE_MAP,
    refreshTokenUrlTemplate: `${origin}/token`,
    refreshTokenBody: `grant_type=refresh_token&refresh_token=${encoded('refresh_token')}`,
    refreshTokenHeaders: CLIENT_AUTHENTICATION,
    refreshTokenResponseMap: RESPONSE_MAP,
  }
}
