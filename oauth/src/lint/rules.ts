// Everything that the linter knows, as data. Compiling refuses a spec for what is an error; the rest is advice.

export type Severity = 'error' | 'warning' | 'note'

export interface LintRule {
  severity: Severity
  /** What the rule is about, for lists of rules. */
  description: string
  /** What the author does about it, in one sentence. */
  mend: string
}

const rules = {
  field_missing: {
    severity: 'error',
    description: 'A field that every OAuth spec needs is missing.',
    mend: 'Add the field.',
  },
  field_invalid: {
    severity: 'error',
    description: 'A field has a value of the wrong type, length or choice.',
    mend: 'Give the field a value as the message says.',
  },
  duplicate: {
    severity: 'error',
    description: 'The same thing is said twice, in two spellings.',
    mend: 'Keep one of the two.',
  },
  unknown_field: {
    severity: 'warning',
    description: 'A field is not one that such specs have.',
    mend: 'Correct its spelling, or remove it.',
  },
  invalid_template: {
    severity: 'error',
    description: 'A template cannot be parsed, or gives nothing well-formed whatever the values.',
    mend: 'Close every tag and section; helpers are urlencode, basicauth and now_plus, written as sections.',
  },
  triple_brace_section: {
    severity: 'warning',
    description: 'A section is written in three braces. Flow skips the helper; Sluice applies it.',
    mend: 'Write {{#urlencode}}…{{/urlencode}} with two braces.',
  },
  helper_call: {
    severity: 'warning',
    description: 'A helper is written as a call. Flow sends nothing; Sluice applies the helper.',
    mend: 'Write {{#urlencode}}{{{x}}}{{/urlencode}} instead of {{ urlencode x }}.',
  },
  double_braces: {
    severity: 'warning',
    description: 'A value in two braces is HTML-escaped by Flow (/ becomes &#x2F;). Sluice sends it as it is.',
    mend: 'Write the variable in three braces, {{{x}}}.',
  },
  unknown_variable: {
    severity: 'warning',
    description: 'A template reads a variable that its request does not have, so nothing is sent in its place.',
    mend: 'Use one of the variables of this request, or a field of the config as {{{config.field}}}.',
  },
  unknown_lambda: {
    severity: 'warning',
    description: 'A section or call names neither a helper nor a variable, so its text is left out.',
    mend: 'Use urlencode, basicauth or now_plus, or a section over a field of the config.',
  },
  value_unencoded: {
    severity: 'warning',
    description: 'A value stands in a URL or form without urlencode. Sluice encodes it; Flow lets it break out.',
    mend: 'Wrap the value: {{#urlencode}}{{{x}}}{{/urlencode}}.',
  },
  value_encoded_wrongly: {
    severity: 'warning',
    description: 'A value is percent-encoded twice, or within JSON, so the provider reads percent signs.',
    mend: 'Take the urlencode section away (in JSON), or all but one of them.',
  },
  json_value_unquoted: {
    severity: 'warning',
    description: 'Text stands without quotes in a JSON body.',
    mend: 'Put the variable into quotes, "{{{x}}}".',
  },
  host_open: {
    severity: 'error',
    description: 'A value decides where the request goes: scheme, port, or a host without a fixed suffix.',
    mend: 'Let the value be one whole label under a fixed suffix, as in https://{{{config.subdomain}}}.example.com.',
  },
  refused_url: {
    severity: 'error',
    description: 'An address is not https, or carries user information, a fragment, or a port of its own.',
    mend: 'Write an https address on port 443, without user name and fragment.',
  },
  secret_exposed: {
    severity: 'error',
    description: 'A secret stands where the browser or the connector sees it.',
    mend: 'Take the secret out of this template; it belongs into the token request alone.',
  },
  secret_in_url: {
    severity: 'warning',
    description: 'The client secret travels in the URL of the token request, where logs keep it (RFC 6749 §2.3.1).',
    mend: 'Send client_secret in the body or in an Authorization header, if the provider takes it there.',
  },
  state_missing: {
    severity: 'error',
    description: 'The authorization URL does not carry exactly the state that it is given (RFC 6749 §10.12).',
    mend: 'Add &state={{#urlencode}}{{{state}}}{{/urlencode}} to authUrlTemplate, once.',
  },
  pkce_plain: {
    severity: 'error',
    description: 'PKCE is asked for by another method than S256 (RFC 9700 §2.1.1).',
    mend: 'Write code_challenge_method={{{code_challenge_method}}}, or S256.',
  },
  pkce_fixed: {
    severity: 'error',
    description: 'The PKCE verifier or challenge is a literal, so it is short, known, and repeats (RFC 7636 §4.1).',
    mend: 'Write {{{code_challenge}}} and {{{code_verifier}}}, which are new for each request.',
  },
  pkce_unproven: {
    severity: 'warning',
    description: 'A code challenge is announced that the token request does not answer.',
    mend: 'Add code_verifier={{{code_verifier}}} to the token request.',
  },
  pkce_unannounced: {
    severity: 'warning',
    description: 'A code verifier is sent that no code challenge announced.',
    mend: 'Add code_challenge={{{code_challenge}}} to authUrlTemplate.',
  },
  pkce_method_missing: {
    severity: 'warning',
    description: 'A code challenge without method means plain (RFC 7636 §4.3).',
    mend: 'Add code_challenge_method={{{code_challenge_method}}} to authUrlTemplate.',
  },
  client_authentication_twice: {
    severity: 'warning',
    description: 'The client proves itself in two ways at once, which strict providers refuse (RFC 6749 §2.3).',
    mend: 'Send the secret in one place: the Authorization header, or client_secret in the body.',
  },
  client_id_missing: {
    severity: 'warning',
    description: 'The authorization URL does not name the client (RFC 6749 §4.1.1).',
    mend: 'Add client_id={{#urlencode}}{{{client_id}}}{{/urlencode}} to authUrlTemplate.',
  },
  code_missing: {
    severity: 'warning',
    description: 'The token request does not send the authorization code (RFC 6749 §4.1.3).',
    mend: 'Add code={{#urlencode}}{{{code}}}{{/urlencode}} to the token request.',
  },
  content_type: {
    severity: 'error',
    description: 'The content type is not fixed text, so how to encode the body is not known.',
    mend: 'Write the content type without variables.',
  },
  content_type_missing: {
    severity: 'warning',
    description: 'A form body has no content type. Flow sends it as JSON; Sluice sends a form.',
    mend: 'Add the header content-type: application/x-www-form-urlencoded.',
  },
  body_grammar: {
    severity: 'error',
    description: 'The body is not written in the grammar of its content type.',
    mend: 'Write the body as its content type says, or declare the content type that the body is in.',
  },
  get_body: {
    severity: 'error',
    description: 'A GET request has a body.',
    mend: 'Use POST, or move the body into the URL.',
  },
  header_name: {
    severity: 'error',
    description: 'A header name holds characters that header names cannot hold (RFC 9110 §5.1).',
    mend: 'Correct the name of the header.',
  },
  header_reserved: {
    severity: 'error',
    description: 'A header is set that belongs to the HTTP client: framing, routing, connections.',
    mend: 'Remove the header.',
  },
  json_pointer: {
    severity: 'error',
    description: 'An entry of the response map is no JSON pointer (RFC 6901).',
    mend: 'Write a pointer such as /access_token; "~" is written "~0", and "/" within a name "~1".',
  },
  bare_word: {
    severity: 'warning',
    description: 'An entry of the response map is a bare word, which yields that word and nothing of the reply.',
    mend: 'Put a slash before it to read the reply, as in /access_token; leave it if the very word is meant.',
  },
  response_map_missing: {
    severity: 'note',
    description: 'There is no response map. Flow yields nothing; Sluice passes the reply through.',
    mend: 'Name what the connector needs, such as "access_token": "/access_token".',
  },
  access_token_missing: {
    severity: 'warning',
    description: 'The response map yields neither an access token nor a refresh token.',
    mend: 'Add "access_token": "/access_token", or where in the reply the token stands.',
  },
  access_token_unmapped: {
    severity: 'note',
    description: 'The response map yields a refresh token but no access token, so the connector must refresh first.',
    mend: 'Add "access_token": "/access_token" unless the connector takes only the refresh token.',
  },
  state_short: {
    severity: 'warning',
    description: 'The longest state that is allowed can be guessed (RFC 6749 §10.10).',
    mend: 'Allow 22 characters or more, if the provider takes them.',
  },
  auth_flow_type: {
    severity: 'error',
    description: 'OAuth 1.0 cannot be declared by URLs of OAuth 2.0.',
    mend: 'Leave oauth_connector_input_specification out and name a provider declaration with oauth1.',
  },
  dotted_step: {
    severity: 'error',
    description: 'A template would have to read a config field with a dot in its name.',
    mend: 'Rename the field, or move the value to another one.',
  },
  parameter_name: {
    severity: 'error',
    description: 'The name of a parameter is made from a value.',
    mend: 'Write the name as fixed text.',
  },
  json_path: {
    severity: 'error',
    description: 'An output cannot be found by its path in the reply.',
    mend: 'Write the steps as keys of the reply, such as ["data", "access_token"].',
  },
  unknown_parameter: {
    severity: 'error',
    description: 'A parameter is renamed that no request has.',
    mend: 'Rename one of the standard parameters, or declare a parameter of your own.',
  },
  unknown_token: {
    severity: 'error',
    description: 'The API is told to take a token that no response yields.',
    mend: 'Name one of token.response.tokens.',
  },
  url_query: {
    severity: 'error',
    description: 'An address carries a query or fragment.',
    mend: 'Move the query into `parameters`, where values are encoded.',
  },
  password_in_url: {
    severity: 'error',
    description: 'The password would stand in an address, which logs keep.',
    mend: 'Declare `body: form` or `body: json` for the grant.',
  },
  other_protocol: {
    severity: 'error',
    description: 'Words of OAuth 2.0 stand beside oauth1, or oauth1 where it is not taken.',
    mend: 'Keep oauth1 with `api` alone, or leave it out.',
  },
  documentation_missing: {
    severity: 'note',
    description: 'There is no link to the provider’s documentation.',
    mend: 'Add documentation_url.',
  },
} as const satisfies Record<string, LintRule>

export type LintRuleId = keyof typeof rules

export const LINT_RULES: Readonly<Record<LintRuleId, LintRule>> = rules

export function isLintRule(id: string): id is LintRuleId {
  return Object.hasOwn(LINT_RULES, id)
}
