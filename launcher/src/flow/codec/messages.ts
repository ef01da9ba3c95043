// Flow's messages as data: what each field is called, its number and its type, as the public protocol has them (version
// 3032023; the files capture.proto, materialize.proto and flow.proto of estuary/flow as of 2026). Fields that neither side
// needs here are left out, and are skipped where they come.
//
// `json` is a string that holds JSON, which stands as a value in Flow's JSON: the field `config_json` is `config` there.

/** `name: 'number type'`; `type[]` is repeated, `type{}` a map by strings. Types are scalars, `json`, or messages. */
export type MessageFields = Record<string, string>

const SHARED: Record<string, MessageFields> = {
  CollectionSpec: {
    name: '1 string',
    key: '3 string[]',
    uuid_ptr: '4 string',
    partition_fields: '5 string[]',
    projections: '6 Projection[]',
    ack_template_json: '7 json',
    write_schema_json: '8 json',
    partition_template: '9 JournalSpec',
    read_schema_json: '11 json',
  },
  JournalSpec: { name: '1 string', replication: '2 int32', fragment: '4 JournalFragment' },
  JournalFragment: {
    length: '1 int64',
    compression_codec: '2 CompressionCodec',
    refresh_interval: '4 duration',
  },
  Projection: {
    ptr: '1 string',
    field: '2 string',
    explicit: '3 bool',
    is_partition_key: '4 bool',
    is_primary_key: '5 bool',
    inference: '6 Inference',
  },
  Inference: {
    types: '1 string[]',
    string: '3 InferenceString',
    title: '4 string',
    description: '5 string',
    default_json: '6 json',
    secret: '7 bool',
    exists: '8 InferenceExists',
  },
  InferenceString: { format: '4 string', max_length: '6 uint32', content_encoding: '7 string' },
  RangeSpec: { key_begin: '2 fixed32', key_end: '3 fixed32', r_clock_begin: '4 fixed32', r_clock_end: '5 fixed32' },
  ConnectorState: { updated_json: '1 json', merge_patch: '2 bool' },
  OAuth2: {
    provider: '1 string',
    auth_url_template: '2 string',
    access_token_url_template: '3 string',
    access_token_body: '4 string',
    access_token_headers_json_map: '5 json{}',
    access_token_response_json_map: '6 json{}',
    refresh_token_url_template: '7 string',
    refresh_token_body: '8 string',
    refresh_token_headers_json_map: '9 json{}',
    refresh_token_response_json_map: '10 json{}',
    access_token_method: '11 string',
    refresh_token_method: '12 string',
  },
}

const CAPTURE: Record<string, MessageFields> = {
  Request: {
    spec: '1 RequestSpec',
    discover: '2 Discover',
    validate: '3 Validate',
    apply: '4 Apply',
    open: '5 Open',
    acknowledge: '6 Acknowledge',
  },
  RequestSpec: { connector_type: '1 ConnectorType', config_json: '2 json' },
  Discover: { connector_type: '1 ConnectorType', config_json: '2 json' },
  Validate: {
    name: '1 string',
    connector_type: '2 ConnectorType',
    config_json: '3 json',
    bindings: '4 ValidateBinding[]',
    last_capture: '5 CaptureSpec',
    last_version: '6 string',
  },
  ValidateBinding: { resource_config_json: '1 json', collection: '2 CollectionSpec', backfill: '3 uint32' },
  Apply: { capture: '1 CaptureSpec', version: '2 string', last_capture: '4 CaptureSpec', last_version: '5 string' },
  Open: { capture: '1 CaptureSpec', version: '2 string', range: '3 RangeSpec', state_json: '4 json' },
  Acknowledge: { checkpoints: '1 uint32' },
  CaptureSpec: {
    name: '1 string',
    connector_type: '2 ConnectorType',
    config_json: '3 json',
    bindings: '4 CaptureBinding[]',
    interval_seconds: '5 uint32',
  },
  CaptureBinding: {
    resource_config_json: '1 json',
    resource_path: '2 string[]',
    collection: '3 CollectionSpec',
    backfill: '4 uint32',
    state_key: '5 string',
  },
  Response: {
    spec: '1 ResponseSpec',
    discovered: '2 Discovered',
    validated: '3 Validated',
    applied: '4 Applied',
    opened: '5 Opened',
    captured: '6 Captured',
    checkpoint: '7 Checkpoint',
    sourced_schema: '8 SourcedSchema',
  },
  ResponseSpec: {
    protocol: '1 uint32',
    config_schema_json: '2 json',
    resource_config_schema_json: '3 json',
    documentation_url: '4 string',
    oauth2: '5 OAuth2',
    resource_path_pointers: '6 string[]',
  },
  Discovered: { bindings: '1 DiscoveredBinding[]' },
  DiscoveredBinding: {
    recommended_name: '1 string',
    resource_config_json: '2 json',
    document_schema_json: '3 json',
    key: '4 string[]',
    disable: '5 bool',
    resource_path: '6 string[]',
  },
  Validated: { bindings: '1 ValidatedBinding[]' },
  ValidatedBinding: { resource_path: '1 string[]' },
  Applied: { action_description: '1 string' },
  Opened: { explicit_acknowledgements: '1 bool' },
  Captured: { binding: '1 uint32', doc_json: '2 json' },
  SourcedSchema: { binding: '1 uint32', schema_json: '2 json' },
  Checkpoint: { state: '1 ConnectorState' },
}

const MATERIALIZE: Record<string, MessageFields> = {
  Request: {
    spec: '1 RequestSpec',
    validate: '2 Validate',
    apply: '3 Apply',
    open: '4 Open',
    load: '5 Load',
    flush: '6 Empty',
    store: '7 Store',
    start_commit: '8 StartCommit',
    acknowledge: '9 Empty',
  },
  Empty: {},
  RequestSpec: { connector_type: '1 ConnectorType', config_json: '2 json' },
  Validate: {
    name: '1 string',
    connector_type: '2 ConnectorType',
    config_json: '3 json',
    bindings: '4 ValidateBinding[]',
  },
  ValidateBinding: {
    resource_config_json: '1 json',
    collection: '2 CollectionSpec',
    field_config_json_map: '3 json{}',
    backfill: '4 uint32',
    group_by: '5 string[]',
  },
  Apply: { materialization: '1 MaterializationSpec', version: '2 string', state_json: '6 json' },
  Open: { materialization: '1 MaterializationSpec', version: '2 string', range: '3 RangeSpec', state_json: '4 json' },
  Load: { binding: '1 uint32', key_json: '2 json', key_packed: '3 bytes' },
  Store: {
    binding: '1 uint32',
    key_json: '2 json',
    key_packed: '3 bytes',
    values_json: '4 json',
    values_packed: '5 bytes',
    doc_json: '6 json',
    exists: '7 bool',
    delete: '8 bool',
  },
  StartCommit: { runtime_checkpoint: '1 Checkpoint' },
  // The last field is how a connector says in protobuf that it begins from nothing: the greatest number there is, true.
  Checkpoint: { sources: '1 Source{}', ack_intents: '2 bytes{}', explicit_zero: '536870911 bool' },
  Source: { read_through: '1 int64' },
  MaterializationSpec: {
    name: '1 string',
    connector_type: '2 ConnectorType',
    config_json: '3 json',
    bindings: '4 MaterializationBinding[]',
    shard_template: '5 ShardSpec',
    recovery_log_template: '6 JournalSpec',
  },
  ShardSpec: { id: '1 string', max_txn_duration: '6 duration' },
  MaterializationBinding: {
    resource_config_json: '1 json',
    resource_path: '2 string[]',
    collection: '3 CollectionSpec',
    field_selection: '4 FieldSelection',
    delta_updates: '5 bool',
    backfill: '12 uint32',
    state_key: '13 string',
    ser_policy: '14 SerPolicy',
  },
  FieldSelection: { keys: '1 string[]', values: '2 string[]', document: '3 string', field_config_json_map: '4 json{}' },
  SerPolicy: {
    str_truncate_after: '1 uint32',
    nested_obj_truncate_after: '2 uint32',
    array_truncate_after: '3 uint32',
  },
  Response: {
    spec: '1 ResponseSpec',
    validated: '2 Validated',
    applied: '3 Applied',
    opened: '4 Opened',
    loaded: '5 Loaded',
    flushed: '6 StateUpdate',
    started_commit: '7 StateUpdate',
    acknowledged: '8 StateUpdate',
  },
  ResponseSpec: {
    protocol: '1 uint32',
    config_schema_json: '2 json',
    resource_config_schema_json: '3 json',
    documentation_url: '4 string',
    oauth2: '5 OAuth2',
  },
  Validated: { bindings: '1 ValidatedBinding[]' },
  ValidatedBinding: {
    constraints: '1 Constraint{}',
    resource_path: '2 string[]',
    delta_updates: '3 bool',
    ser_policy: '4 SerPolicy',
  },
  Constraint: { type: '2 ConstraintType', reason: '3 string', folded_field: '4 string' },
  Applied: { action_description: '1 string', state: '2 ConnectorState' },
  Opened: { runtime_checkpoint: '1 Checkpoint', disable_load_optimization: '2 bool' },
  Loaded: { binding: '1 uint32', doc_json: '2 json' },
  StateUpdate: { state: '1 ConnectorState' },
}

/** The messages of a dialect; those that begin are `Request` and `Response`. */
export const MESSAGES = { capture: { ...SHARED, ...CAPTURE }, materialize: { ...SHARED, ...MATERIALIZE } }

const SHARED_ENUMS = {
  InferenceExists: { INVALID: 0, MUST: 1, MAY: 2, IMPLICIT: 3, CANNOT: 4 },
  CompressionCodec: { INVALID: 0, NONE: 1, GZIP: 2 },
}

export const ENUMS = {
  capture: { ...SHARED_ENUMS, ConnectorType: { INVALID: 0, IMAGE: 7, LOCAL: 8 } },
  materialize: {
    ...SHARED_ENUMS,
    ConnectorType: { INVALID: 0, IMAGE: 8, LOCAL: 9 },
    ConstraintType: {
      INVALID: 0,
      FIELD_REQUIRED: 1,
      LOCATION_REQUIRED: 2,
      LOCATION_RECOMMENDED: 3,
      FIELD_OPTIONAL: 4,
      FIELD_FORBIDDEN: 5,
      INCOMPATIBLE: 6,
      UNSATISFIABLE: 7,
    },
  },
}

/** Names in JSON that do not follow from the field's. */
export const JSON_NAMES: Record<string, string> = {
  access_token_response_json_map: 'accessTokenResponseMap',
  refresh_token_response_json_map: 'refreshTokenResponseMap',
}
