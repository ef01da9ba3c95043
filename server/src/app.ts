import { pino } from 'pino'
import { getApiKey } from './api-keys/get-api-key.ts'
import { issueApiKey } from './api-keys/issue-api-key.ts'
import { listApiKeys } from './api-keys/list-api-keys.ts'
import { revokeApiKey } from './api-keys/revoke-api-key.ts'
import { rotateApiKey } from './api-keys/rotate-api-key.ts'
import { listAuditRecords } from './audit/list-audit-records.ts'
import { verifyAuditRecords } from './audit/verify-audit-records.ts'
import { callback } from './connect/callback.ts'
import { embedPage } from './connect/embed-page.ts'
import { enterCode } from './connect/enter-code.ts'
import { getLink } from './connect/get-link.ts'
import { linkQr } from './connect/link-qr.ts'
import { plainStart } from './connect/plain-connect.ts'
import { previewRuns } from './connect/preview-runs.ts'
import { relay } from './connect/relay.ts'
import { startAuthorization } from './connect/start-authorization.ts'
import { cancelConnectSession } from './connect-sessions/cancel-connect-session.ts'
import { createConnectSessionRoute } from './connect-sessions/create-connect-session.ts'
import { getConnectSession } from './connect-sessions/get-connect-session.ts'
import { listConnectSessions } from './connect-sessions/list-connect-sessions.ts'
import { publicStatus } from './connect-sessions/public-status.ts'
import { createConnectionRoute } from './connections/create-connection.ts'
import { deleteConnectionRoute } from './connections/delete-connection.ts'
import { exportConnectionRoute } from './connections/export-connection.ts'
import { getConnection } from './connections/get-connection.ts'
import { getHistory } from './connections/get-history.ts'
import { listConnections } from './connections/list-connections.ts'
import { testConnectionRoute } from './connections/test-connection.ts'
import { updateConnectionRoute } from './connections/update-connection.ts'
import { getConnector } from './connectors/get-connector.ts'
import { getConnectorSpec } from './connectors/get-connector-spec.ts'
import { listConnectors } from './connectors/list-connectors.ts'
import { validateConfig } from './connectors/validate-config.ts'
import { consoleRoutes } from './console/console-routes.ts'
import { endConsoleSession } from './console/end-console-session.ts'
import { listConsoleSessions } from './console/list-console-sessions.ts'
import { approvalRoutes } from './console/logins/approval-routes.ts'
import { loginRoutes } from './console/logins/login-routes.ts'
import { signInRoutes } from './console/sign-in/sign-in-routes.ts'
import { getCredentials } from './credentials/get-credentials.ts'
import { listRefreshes } from './credentials/list-refreshes.ts'
import { refreshCredentials } from './credentials/refresh-credentials.ts'
import { reportCredentials } from './credentials/report-credentials.ts'
import { listEvents } from './events/list-events.ts'
import { redeliverEvent } from './events/redeliver-event.ts'
import { diagnostics } from './health/diagnostics.ts'
import { healthRoutes } from './health/health-routes.ts'
import { type Api, createApi } from './http/api.ts'
import { authenticate } from './http/authenticate.ts'
import { limitBody } from './http/limit-body.ts'
import { logRequests } from './http/log-requests.ts'
import { onError, onNotFound } from './http/problem.ts'
import { idempotency } from './idempotency/idempotency.ts'
import { checkIntegration } from './integrations/check-integration.ts'
import { createIntegrationRoute } from './integrations/create-integration.ts'
import { deleteIntegrationRoute } from './integrations/delete-integration.ts'
import { getIntegration } from './integrations/get-integration.ts'
import { listIntegrations } from './integrations/list-integrations.ts'
import { updateIntegrationRoute } from './integrations/update-integration.ts'
import { getKeys } from './keys/get-keys.ts'
import { startRotation } from './keys/start-rotation.ts'
import { limitAnonymous } from './rate-limits/limit-anonymous.ts'
import { describeApi, openApiDocument } from './reference/describe-api.ts'
import { referenceRoutes } from './reference/reference-routes.ts'
import { cancelRun } from './runs/cancel-run.ts'
import { connectionStateRoutes } from './runs/connection-state-routes.ts'
import { createRun } from './runs/create-run.ts'
import { getDocuments } from './runs/get-documents.ts'
import { getRun } from './runs/get-run.ts'
import { listRuns } from './runs/list-runs.ts'
import { streamRun } from './runs/stream-run.ts'
import type { Services } from './services.ts'
import { createTenant } from './tenants/create-tenant.ts'
import { deleteTenant } from './tenants/delete-tenant.ts'
import { getTenant } from './tenants/get-tenant.ts'
import { listTenants } from './tenants/list-tenants.ts'
import { renameTenant } from './tenants/rename-tenant.ts'
import { changeWebhookEndpoint } from './webhooks/change-webhook-endpoint.ts'
import { createWebhookEndpoint } from './webhooks/create-webhook-endpoint.ts'
import { listWebhookDeliveries } from './webhooks/list-webhook-deliveries.ts'
import { readWebhookEndpoints } from './webhooks/read-webhook-endpoints.ts'
import { rotateWebhookSecret } from './webhooks/rotate-webhook-secret.ts'
import { testWebhookEndpoint } from './webhooks/test-webhook-endpoint.ts'

const operations = [
  listApiKeys,
  issueApiKey,
  getApiKey,
  rotateApiKey,
  revokeApiKey,
  listTenants,
  createTenant,
  getTenant,
  renameTenant,
  deleteTenant,
  listConnectors,
  getConnector,
  getConnectorSpec,
  validateConfig,
  listIntegrations,
  createIntegrationRoute,
  getIntegration,
  checkIntegration,
  updateIntegrationRoute,
  deleteIntegrationRoute,
  createConnectSessionRoute,
  getConnectSession,
  listConnectSessions,
  cancelConnectSession,
  publicStatus,
  listConnections,
  createConnectionRoute,
  getConnection,
  updateConnectionRoute,
  deleteConnectionRoute,
  testConnectionRoute,
  exportConnectionRoute,
  getHistory,
  getCredentials,
  refreshCredentials,
  reportCredentials,
  listRefreshes,
  listRuns,
  createRun,
  getRun,
  streamRun,
  getDocuments,
  cancelRun,
  connectionStateRoutes,
  listAuditRecords,
  verifyAuditRecords,
  getKeys,
  startRotation,
  listEvents,
  redeliverEvent,
  readWebhookEndpoints,
  createWebhookEndpoint,
  changeWebhookEndpoint,
  rotateWebhookSecret,
  testWebhookEndpoint,
  listWebhookDeliveries,
  getLink,
  linkQr,
  embedPage,
  enterCode,
  plainStart,
  startAuthorization,
  callback,
  relay,
  previewRuns,
  consoleRoutes,
  signInRoutes,
  loginRoutes,
  approvalRoutes,
  listConsoleSessions,
  endConsoleSession,
  healthRoutes,
  diagnostics,
]

/** Where no API key is asked for. */
const anonymousPaths = ['/connect/*', '/connect_status/*', '/oauth/*', '/console/*']

/** The whole HTTP surface but the static pages. */
export function buildApp(services: Services): Api {
  const api = createApi()
  api.onError(onError(services.log))
  api.notFound(onNotFound)
  api.use(logRequests(services))
  api.use('/v1/*', authenticate(api, services))
  for (const path of anonymousPaths) api.use(path, limitAnonymous(services.rate_limits))
  api.use(limitBody)
  api.use('/v1/*', idempotency(services))
  describeApi(api)
  for (const operation of operations) operation(api, services)
  referenceRoutes(api, services)
  return api
}

/** The OpenAPI 3.1 document, without a server: registering the routes touches none of the services. */
export function apiDocument(): object {
  const unused = { base_url: 'http://localhost:8080', log: pino({ enabled: false }) } as Services
  return openApiDocument(buildApp(unused))
}
