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
    read_schema_json: '11 json',
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
    title: '4 string',
    description: '5 string',
    default_json: '6 json',
    secret: '7 bool',
    exists: '8 InferenceExists',
  },
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

/** The messages of a dialect; those that begin are `Request` and `Response`. */
export const MESSAGES = { capture: { ...SHARED, ...CAPTURE } }

const INFERENCE_EXISTS = { INVALID: 0, MUST: 1, MAY: 2, IMPLICIT: 3, CANNOT: 4 }

export const ENUMS = {
  capture: { ConnectorType: { INVALID: 0, IMAGE: 7, LOCAL: 8 }, InferenceExists: INFERENCE_EXISTS },
}

/** Names in JSON that do not follow from the field's. */
export const JSON_NAMES: Record<string, string> = {
  access_token_response_json_map: 'accessTokenResponseMap',
  refresh_token_response_json_map: 'refreshTokenResponseMap',
}
