// Every message that is ours and not the protocol's. The mirror of pyserver/scoredock/lsp/protocol.py: a test
// (tests/lsp/test_mirror.py) holds names and fields equal. A path travels as a URI string, times are seconds.

/** A request with what it takes and what it answers (the types stand for nothing at run time). */
export interface Request<P, R> {
  readonly method: string;
  readonly takes?: (params: P) => void;
  readonly answers?: R;
}

/** A message that is not answered. */
export interface Notification<P> {
  readonly method: string;
  readonly takes?: (params: P) => void;
}

const request = <P, R>(method: string): Request<P, R> => ({ method });
const notification = <P>(method: string): Notification<P> => ({ method });

/** What the user has set, and whether the workspace is trusted: where it is not, nothing runs. */
export interface Settings {
  trusted: boolean;
  target: string;
  port: number | null;
  updateOnSave: boolean;
  ignoredRules: readonly string[];
  inlayHints: boolean;
  codeLenses: boolean;
  offline: boolean;
  dockerHost: string;
  toolsPython: string;
  scoreTimeout: number;
}

export interface DeployParams {
  uri: string;
  target?: string;
  port?: number;
  name?: string;
  debug?: boolean;
  workDoneToken?: string | number;
}

export interface ServiceParams {
  name: string;
  workDoneToken?: string | number;
}

/** A service as the editor shows it. `state` is one of hosting's; `scoreable` says a request may be sent. */
export interface ServiceView {
  name: string;
  target: string;
  state: string;
  port: number;
  projectUri: string;
  scriptUri: string;
  environment: string;
  startedAt: number;
  generation: number;
  scoringUri: string;
  exitReason: string;
}

export interface ServiceList {
  services: readonly ServiceView[];
}

export interface UpdateResult {
  service: ServiceView;
  seconds: number;
}

/** A save reached the running service (`seconds` after it), or did not (`problem` says why, and is `shown` on its line; the old code answers). */
export interface ServiceUpdated {
  name: string;
  seconds: number | null;
  problem: string;
  shown: boolean;
}

/** Whether anybody looks at the services: they are asked for only then. */
export interface WatchParams {
  visible: boolean;
}

export interface LogLines {
  name: string;
  lines: readonly string[];
}

export interface DocumentParams {
  uri: string;
  workDoneToken?: string | number;
}

/** A request body to send: a file under `requests/`, or one made from the schema (`uri` empty). */
export interface Sample {
  label: string;
  uri: string;
  body: string;
}

export interface SampleList {
  samples: readonly Sample[];
}

export interface ScoreParams {
  name: string;
  sampleUri?: string;
  body?: string;
  failed?: boolean;
  workDoneToken?: string | number;
}

/** An answer. `status` is HTTP's; `problem` says in a sentence why there is no good answer. */
export interface ScoreResult {
  name: string;
  sample: string;
  request: string;
  status: number;
  seconds: number;
  answer: string;
  contentType: string;
  headers: readonly ([string, string])[];
  problem: string;
}

/** Where the debugger of a running service listens for one client, and the secret that lets it in. */
export interface AttachResult {
  host: string;
  port: number;
  accessToken: string;
}

/** `size` is in bytes (None: not counted); `state` is ready, missing or changed. */
export interface EnvironmentView {
  key: string;
  title: string;
  sourceUri: string;
  state: string;
  python: string;
  size: number | null;
  notes: readonly string[];
}

export interface EnvironmentList {
  environments: readonly EnvironmentView[];
}

export interface ModelVersion {
  name: string;
  version: string;
  uri: string;
  size: number | null;
  facts: readonly ([string, string])[];
}

export interface ModelList {
  models: readonly ModelVersion[];
}

export interface RegisterParams {
  uri: string;
  name: string;
  workDoneToken?: string | number;
}

/** A deployment file of the open folders; `model` is what it serves now, "" for nothing yet. */
export interface DeploymentFile {
  uri: string;
  name: string;
  model: string;
}

export interface DeploymentFileList {
  deployments: readonly DeploymentFile[];
}

/** The deployment file, and either a registered model (`NAME:VERSION`) or the file of one that is not registered. */
export interface UseModelParams {
  deploymentUri: string;
  reference?: string;
  modelUri?: string;
}

/** What is to be put into a document in the place of a range; positions are the protocol's. */
export interface TextChange {
  uri: string;
  startLine: number;
  startCharacter: number;
  endLine: number;
  endCharacter: number;
  text: string;
}

/** The sample that was made; `note` says what is still to be done, if anything. */
export interface SampleProject {
  scriptUri: string;
  note: string;
}

export interface Report {
  text: string;
}

/** What the status item shows: `ok`, `busy`, `warning` or `error`, and a few words. */
export interface Status {
  state: string;
  text: string;
  detail: string;
}

export type Nothing = Record<string, never>;

// client -> server, answered
export const Deploy = request<DeployParams, ServiceView>("scoredock/deploy");
export const Update = request<ServiceParams, UpdateResult>("scoredock/update");
export const Stop = request<ServiceParams, Nothing>("scoredock/stop");
export const Services = request<Nothing, ServiceList>("scoredock/services");
export const FollowLog = request<ServiceParams, Nothing>("scoredock/followLog");
export const Samples = request<ServiceParams, SampleList>("scoredock/samples");
export const Score = request<ScoreParams, ScoreResult>("scoredock/score");
export const Attach = request<ServiceParams, AttachResult>("scoredock/attach");
export const Environments = request<Nothing, EnvironmentList>("scoredock/environments");
export const SyncEnvironment = request<DocumentParams, EnvironmentView>("scoredock/syncEnvironment");
export const Models = request<Nothing, ModelList>("scoredock/models");
export const InspectModel = request<DocumentParams, ModelVersion>("scoredock/inspectModel");
export const RegisterModel = request<RegisterParams, ModelVersion>("scoredock/registerModel");
export const DeploymentFiles = request<Nothing, DeploymentFileList>("scoredock/deploymentFiles");
export const UseModel = request<UseModelParams, TextChange>("scoredock/useModel");
export const NewSample = request<DocumentParams, SampleProject>("scoredock/newSample");
export const ReportRequest = request<Nothing, Report>("scoredock/report");

// client -> server, not answered
export const SettingsChanged = notification<Settings>("scoredock/settings");
export const WatchServices = notification<WatchParams>("scoredock/watchServices");

// server -> client, not answered
export const ServicesChanged = notification<ServiceList>("scoredock/servicesChanged");
export const ServiceWasUpdated = notification<ServiceUpdated>("scoredock/serviceUpdated");
export const LogLinesCame = notification<LogLines>("scoredock/logLines");
export const StatusChanged = notification<Status>("scoredock/status");

/** What comes with a failed request of ours: what happened, what to do, and the line it is about. */
export interface Problem {
  what: string;
  todo: string;
  details: string;
  uri: string | null;
  line: number | null;
}
