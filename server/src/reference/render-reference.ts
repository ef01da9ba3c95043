// The API reference: the OpenAPI document as one page for people, without script.
import { curlExample } from './curl-example.ts'
import { type Content, html, inline, prose } from './markup.ts'
import {
  type DescribedOperation,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  type Parameter,
  type Schema,
  serverUrl,
} from './openapi-document.ts'
import { schemaFields, typeName } from './schema-rows.ts'

/** Where the page expects `referenceStylesheet`. */
export const REFERENCE_STYLESHEET_PATH = '/reference.css'

/**
 * The API reference page of an OpenAPI 3.1 document, as one HTML document. It holds no script and no inline style, so it
 * works under `default-src 'none'; style-src 'self'; img-src 'self'`, with `referenceStylesheet` served beside it.
 */
export function renderReference(openapi: object): string {
  // Our own document: the server generates it from its routes.
  const document = openapi as OpenApiDocument
  const operations = operationsOf(document)
  const tags = [...new Set([...(document.tags ?? []).map(({ name }) => name), ...operations.map(({ tag }) => tag)])]
    .map((name) => ({ name, operations: operations.filter(({ tag }) => tag === name) }))
    .filter((tag) => tag.operations.length > 0)
  const { title, version, description } = document.info

  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} API reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${REFERENCE_STYLESHEET_PATH}">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<nav aria-label="Contents">
<p class="product">${title} <span>${version}</span></p>
<ul><li><a href="#introduction">Introduction</a></li><li><a href="#errors">Errors</a></li></ul>
${tags.map(
  (tag) =>
    html`<p>${tag.name}</p><ul>${tag.operations.map(
      ({ id, method, path, operation }) =>
        html`<li><a href="#${id}"><span class="method ${method}">${method}</span> ${operation.summary ?? path}</a></li>`,
    )}</ul>`,
)}
</nav>
<main id="content">
<section id="introduction">
<h1>API reference</h1>
${prose(description)}
${introduction(document)}
</section>
${errors(document)}
${tags.map((tag) => html`<h2>${tag.name}</h2>${tag.operations.map((operation) => renderOperation(document, operation))}`)}
</main>
</body>
</html>
`.text
}

function introduction(document: OpenApiDocument): Content {
  return html`<p>The API is served at <code>${serverUrl(document)}</code>. The same for programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>`
}

function errors(document: OpenApiDocument): Content {
  const problem = document.components?.schemas?.Problem
  return html`<section id="errors">
    <h2>Errors</h2>
    <p>Every error is a problem document (RFC 9457), <code>application/problem+json</code>. <code>code</code> is stable
    and meant for programs, <code>detail</code> says what happened and what to do next, <code>errors</code> names each
    field that breaks a rule by its JSON pointer.</p>
    ${problem && schemaFields(document, problem)}
  </section>`
}

function renderOperation(document: OpenApiDocument, described: DescribedOperation): Content {
  const { id, method, path, operation } = described
  const body = operation.requestBody?.content?.['application/json']?.schema
  return html`<section id="${id}" class="operation">
    <h3><a href="#${id}">${operation.summary ?? path}</a></h3>
    <p class="endpoint"><span class="method ${method}">${method}</span> <code>${path}</code></p>
    ${prose(operation.description)}
    ${needs(operation)}
    ${parameters(document, operation.parameters ?? [])}
    ${body && html`<h4>Request body</h4>${prose(operation.requestBody?.description)}${schemaOrType(document, body)}`}
    <h4>Example</h4>
    <pre tabindex="0"><code>${curlExample(document, described)}</code></pre>
    <h4>Responses</h4>
    ${responses(document, operation)}
  </section>`
}

function needs({ security }: Operation): Content {
  const scopes = security?.flatMap((scheme) => scheme.api_key ?? []) ?? []
  return scopes.map((scope) => html`<p class="scope">Needs an API key with the scope <code>${scope}</code>.</p>`)
}

function parameters(document: OpenApiDocument, list: Parameter[]): Content {
  if (list.length === 0) return null
  const asSchema = (parameter: Parameter): Schema => ({
    ...parameter.schema,
    ...(parameter.description && { description: parameter.description }),
  })
  return ['path', 'query', 'header'].map((place) => {
    const here = list.filter((parameter) => parameter.in === place)
    if (here.length === 0) return null
    const properties = Object.fromEntries(here.map((parameter) => [parameter.name, asSchema(parameter)]))
    const required = here.filter((parameter) => parameter.required).map(({ name }) => name)
    return html`<h4>${place === 'path' ? 'Path' : place === 'query' ? 'Query' : 'Header'} parameters</h4>
      ${schemaFields(document, { properties, required })}`
  })
}

function responses(document: OpenApiDocument, operation: Operation): Content {
  const all = Object.entries(operation.responses ?? {})
  const good = all.filter(([status]) => Number(status) < 400)
  const bad = all.filter(([status]) => Number(status) >= 400)
  return [
    good.map(([status, response]) => {
      const schema = response.content?.['application/json']?.schema
      return html`<p><span class="status good">${status}</span> ${inline(response.description ?? '')}</p>
        ${schema && schemaOrType(document, schema)}`
    }),
    bad.length > 0 &&
      html`<ul class="problems">${bad.map(
        ([status, response]) =>
          html`<li><a href="#errors" class="status bad">${status}</a> ${inline(response.description ?? '')}</li>`,
      )}</ul>`,
  ]
}

function schemaOrType(document: OpenApiDocument, schema: Schema): Content {
  return html`<details open><summary>${typeName(document, schema)}</summary>${schemaFields(document, schema)}</details>`
}
