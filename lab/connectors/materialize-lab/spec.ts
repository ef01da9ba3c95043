export const spec = {
  protocol: 3032023,
  configSchema: {
    type: 'object',
    title: 'Lab tables',
    properties: {
      store: {
        type: 'string',
        title: 'Store',
        description: 'Where the tables are kept: a file, or an address that answers GET and takes PUT.',
      },
      authority: {
        type: 'string',
        title: 'Authority',
        description: 'Whose checkpoint counts: that of the recovery log, or the one that lies with the tables.',
        enum: ['recovery_log', 'remote'],
        default: 'recovery_log',
      },
      address: {
        type: 'string',
        title: 'Address',
        description: 'Where the documents of each transaction are posted to besides.',
      },
    },
  },
  resourceConfigSchema: {
    type: 'object',
    required: ['table'],
    properties: {
      table: { type: 'string', title: 'Table', 'x-collection-name': true },
      delta_updates: { type: 'boolean', title: 'Delta updates', default: false, 'x-delta-updates': true },
    },
  },
  documentationUrl: 'https://example.com/materialize-lab',
}

interface Resource {
  table: string
  delta_updates?: boolean
}

interface ValidateBinding {
  resourceConfig: Resource
  collection: {
    projections?: { ptr?: string; field: string; isPrimaryKey?: boolean; inference?: { types?: string[] } }[]
  }
}

/** The answer to `validate`. */
export function validateBinding({ resourceConfig, collection }: ValidateBinding) {
  const constraints = (collection.projections ?? []).map(({ ptr = '', field, isPrimaryKey, inference }) => {
    if (ptr === '' && !resourceConfig.delta_updates) {
      return [field, { type: 'LOCATION_REQUIRED', reason: 'Documents are loaded whole.' }]
    }
    if (isPrimaryKey) return [field, { type: 'LOCATION_REQUIRED', reason: 'Rows are told apart by it.' }]
    if (inference?.types?.join() === 'null') {
      return [field, { type: 'FIELD_FORBIDDEN', reason: 'A column needs a type.' }]
    }
    return [field, { type: 'FIELD_OPTIONAL' }]
  })
  return {
    resourcePath: [resourceConfig.table],
    constraints: Object.fromEntries(constraints),
    ...(resourceConfig.delta_updates && { deltaUpdates: true }),
  }
}
