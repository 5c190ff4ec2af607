// Generated from the models of the server by `agentls protocol --write`. Do not edit.

export const PROTOCOL_VERSION = 1;

/** Any JSON value. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

export type TaskState = "idle" | "running" | "awaitingApproval" | "awaitingAnswer";

export type TurnEnd = "completed" | "interrupted" | "failed" | "limit";

export type PromptSource = "start" | "turn" | "steer";

export type PromptState = "queued" | "delivered" | "removed";

export type ToolKind = "read" | "edit" | "search" | "execute" | "ask" | "other";

export type ResultStatus = "ok" | "error" | "denied" | "cancelled" | "timeout" | "invalid";

export type OutputStream = "stdout" | "stderr";

export type TextSource = "buffer" | "disk";

export type Decision = "allow" | "allowForTask" | "allowUnsandboxed" | "deny";

export type ResolvedBy = "user" | "policy" | "timeout" | "interrupt" | "restart";

export type ApprovalMode = "readOnly" | "ask" | "acceptEdits" | "full";

export type NoticeLevel = "info" | "warning" | "error";

export type TurnErrorCode = "auth" | "modelNotFound" | "endpointNotFound" | "toolsUnsupported" | "toolCallRejected" | "contextLength" | "rateLimit" | "quota" | "contentFilter" | "badRequest" | "server" | "overloaded" | "connection" | "proxy" | "tls" | "timeout" | "streamBroken" | "badStream" | "emptyResponse" | "refusal" | "internal";

export type RequestErrorCode = "provider.notConfigured" | "provider.unknown" | "provider.keyMissing" | "provider.auth" | "provider.modelNotFound" | "provider.endpointNotFound" | "provider.rateLimit" | "provider.quota" | "provider.badRequest" | "provider.server" | "provider.overloaded" | "provider.connection" | "provider.proxy" | "provider.tls" | "provider.timeout" | "provider.streamBroken" | "provider.badStream" | "workspace.untrusted" | "workspace.unknown" | "task.unknown" | "task.busy" | "task.elsewhere" | "turn.active" | "prompt.unknown" | "content.unknown" | "approval.unknown" | "approval.decisionNotOffered" | "question.unknown" | "journal.unavailable" | "server.stopping" | "internal";

export type Block = TextBlock | ImageBlock | FileBlock | DiagnosticsBlock;

export type Content = TextContent | ImageContent;

export type Subject = CommandSubject | EditSubject | OriginSubject;

export type Item = PromptItem | MessageItem | ReasoningItem | ToolCallItem | NoticeItem;

/** `capabilities.experimental.agent` of the server's answer. */
export interface AgentCapabilities {
  /** The version that is spoken. */
  protocolVersion: number;
  /** Requests that the server answers. */
  methods: string[];
  /** Notifications that the server may send. */
  notifications: string[];
}

/** `initializationOptions.agent`. */
export interface AgentOptions {
  /** The highest version the client speaks. Absent: the client does not opt in. */
  protocolVersion?: number;
  /** Requests that the client answers. */
  host?: HostOffers;
  /** False: nothing is run and nothing is written until `agent/workspace/setTrust`. Default: true. */
  workspaceTrusted?: boolean;
  /** Which notifications the client wants. */
  events?: EventOptions;
}

/** A call needs the user's approval before it runs. */
export interface ApprovalRequested {
  /** What to answer with `agent/approval/respond`. */
  approvalId: string;
  /** The call that waits. */
  callId: string;
  /** One line that says what is asked. */
  title: string;
  /** What would happen, byte for byte. */
  subject: Subject;
  /** The answers that are possible here. */
  decisions: Decision[];
  /** Epoch milliseconds after which it counts as denied. */
  expiresAt: number;
}

/** An approval was decided. */
export interface ApprovalResolved {
  /** The approval. */
  approvalId: string;
  /** The decision. */
  decision: Decision;
  /** Who or what decided. */
  by: ResolvedBy;
}

/** The user's decision. */
export interface ApprovalRespondParams {
  /** The approval. */
  approvalId: string;
  /** One of the `decisions` that were offered. */
  decision: Decision;
  /** Words for the model, above all with `deny`. */
  comment?: string;
}

/** Whether this answer counted. */
export interface ApprovalRespondResult {
  /** False when the approval was decided before. */
  accepted: boolean;
}

/** What runs without asking. */
export interface ApprovalSettings {
  /** `readOnly`: no edits, no commands; `ask`: both ask; `acceptEdits`: edits of unprotected files run; `full`: all but denied commands and protected files runs, until the connection ends. Default: "ask". */
  mode: ApprovalMode;
  /** Commands that run without asking: leading words, for example `git status`. */
  allowCommands: string[];
  /** Commands that never run: leading words. Stronger than everything else. */
  denyCommands: string[];
  /** Seconds until an unanswered approval counts as denied. Default: 600. */
  timeoutS: number;
}

/** A file that a turn changed. */
export interface ChangedFile {
  /** The absolute `file:` URI. */
  uri: string;
  /** Relative to the task's workspace folder. */
  path: string;
  /** What became of it. */
  change: "created" | "modified" | "deleted";
}

/** One step of a check, as it ended. */
export interface CheckedStep {
  /** Which step. */
  id: "reach" | "key" | "model" | "streaming" | "toolCall" | "streamedArguments" | "parallelCalls" | "toolResult" | "usage" | "images" | "contextWindow";
  /** `ok` works; `warn` works with a loss, or could not be shown; `fail` does not; `skipped` was not tried. */
  status: "ok" | "warn" | "fail" | "skipped";
  /** What the step looks at: the same words every time. */
  title: string;
  /** What was seen, with the provider's own words where it had some (bounded, without secrets). */
  detail: string;
  /** What to do about it; absent when there is nothing to do. */
  advice?: string;
}

/** How commands run. */
export interface CommandSettings {
  /** Seconds, where the call names none. Default: 120. */
  timeoutS: number;
  /** Bytes of output the model sees; the rest is kept for `read_command_output`. Default: 30000. */
  outputBytes: number;
  /** `auto`: where there is one; `required`: no command runs without. Default: "auto". */
  sandbox: "auto" | "required" | "off";
  /** Whether sandboxed commands reach the network. Default: false. */
  network: boolean;
}

/** What an approval is about: a command. */
export interface CommandSubject {
  /** The command line, byte for byte what runs. */
  command: string;
  /** Relative to the task's workspace folder; `.` is the folder itself. */
  cwd: string;
}

/** Which part of a text that a payload left out. */
export interface ContentReadParams {
  /** The task. */
  taskId: string;
  /** As a payload named it. */
  ref: string;
  /** UTF-8 byte to begin at; moved back to the beginning of its character. Of an image: character of its base64. Default: 0. */
  offset?: number;
  /** UTF-8 bytes at most; the server may send fewer. */
  limit?: number;
}

/** A part of the text. */
export interface ContentReadResult {
  /** The part; empty at the end. */
  text: string;
  /** UTF-8 bytes of the whole. */
  totalBytes: number;
}

/** How the conversation is kept inside the model's context window. */
export interface ContextSettings {
  /** Part of the context window at which the conversation is condensed. Default: 0.85. */
  condenseAt: number;
}

/** One diagnostic, as in the Language Server Protocol; other fields of it are ignored. */
export interface DiagnosticItem {
  /** Where it is. */
  range: DocumentRange;
  /** What it says. */
  message: string;
  /** 1 error, 2 warning, 3 information, 4 hint. */
  severity?: number;
  /** The rule's code. */
  code?: number | string;
  /** Who says it, for example `ruff`. */
  source?: string;
}

/** A piece of a prompt: what the editor's language servers say about a file. */
export interface DiagnosticsBlock {
  /** Always `diagnostics`. */
  type: "diagnostics";
  /** The file the items belong to. */
  uri: string;
  /** The diagnostics. */
  items: DiagnosticItem[];
}

/** How one endpoint and model are spoken to. */
export interface DialectView {
  /** Scheme, host and port of the endpoint. */
  origin: string;
  /** The model. */
  modelId: string;
  /** What kind of server it is, as far as its address tells, for example `Ollama`. */
  server?: string;
  /** How requests to it differ from the ordinary ones, as sentences; empty: not at all. */
  differences: string[];
  /** Those that were learned from refusals, in this check or before; they are kept until a check asks anew. */
  learned: LearnedLesson[];
}

/** A change of one file. */
export interface Diff {
  /** Unified diff, capped at 32 KiB. */
  unified: string;
  /** Lines added by the whole change. */
  added: number;
  /** Lines removed by the whole change. */
  removed: number;
}

/** A place in a document, as in the Language Server Protocol. */
export interface DocumentPosition {
  /** Line, counted from 0. */
  line: number;
  /** Offset in the line, counted from 0, in the negotiated position encoding. */
  character: number;
}

/** A range in a document, as in the Language Server Protocol: the end is exclusive. */
export interface DocumentRange {
  /** First position. */
  start: DocumentPosition;
  /** Position after the last one. */
  end: DocumentPosition;
}

/** A file was changed. */
export interface EditApplied {
  /** The call that changed it. */
  callId: string;
  /** The absolute `file:` URI. */
  uri: string;
  /** Relative to the task's workspace folder. */
  path: string;
  /** Through the editor (one undo step), or straight to the disk. */
  via: "applyEdit" | "disk";
  /** Whether the disk has the new text. */
  saved: boolean;
  /** Whether what we read back is what we wrote. */
  verified: boolean;
}

/** What an approval is about: a change of a file. */
export interface EditSubject {
  /** Relative to the task's workspace folder. */
  path: string;
  /** The change, byte for byte what is applied. */
  diff: Diff;
}

/** The model configuration in force: what was set, else what the model list says, else the default. */
export interface EffectiveModel {
  /** Absent: the server decides. */
  maxOutputTokens?: number;
  /** Tokens the model can take in. Default: 128000. */
  contextWindow: number;
  /** Whether images are sent. Default: false. */
  imageSupport: boolean;
  /** Whether the browser tool is offered. Default: false. */
  computerUse: boolean;
  /** USD per million; absent: no cost is shown. */
  inputPrice?: number;
  /** USD per million; absent: no cost is shown. */
  outputPrice?: number;
  /** USD per million. */
  cacheReadPrice?: number;
  /** USD per million. */
  cacheWritePrice?: number;
  /** For each of the fields above that is present: who said so. `discovered`: the provider's model list. */
  sources: Record<string, "set" | "discovered" | "default">;
}

/** The fields that every notification of a task carries beside its payload. */
export interface Envelope {
  /** The task it belongs to. */
  taskId: string;
  /** The turn it belongs to, where it belongs to one. */
  turnId?: string;
  /** Stored: its own number, +1 per task from 1 without gaps. Live: the number of the last stored one. */
  seq: number;
  /** Epoch milliseconds, for display only: it may run backwards. */
  time: number;
  /** Live only: 1, 2, 3 … after `seq`. Order is (seq, part). */
  part?: number;
  /** True on what `agent/task/events` returns. */
  replay?: boolean;
}

/** What the server found out about the machine it runs on. */
export interface Environment {
  /** The sandbox for commands. */
  sandbox: Found;
  /** The fast file search; without it a slower one is used. */
  ripgrep: Found;
  /** Optional parts, by name. */
  extras: Record<string, Found>;
}

/** A notification as it was sent. */
export interface EventFrame {
  /** Its method. */
  method: string;
  /** Its params, envelope included, with `replay: true`. */
  params: Record<string, JsonValue>;
}

/** Which notifications the client wants. */
export interface EventOptions {
  /** Methods of notifications that are not to be sent. */
  optOut?: string[];
}

/** A piece of the meaning of tool-call arguments that are still streaming. */
export interface FieldUpdate {
  /** Keys and indexes from the top of the arguments object. */
  path: (string | number)[];
  /** Text to append to the string at `path`. */
  append?: string;
  /** The whole value at `path`, once it is known. Neither `append` nor `value`: the value is null. */
  value?: JsonValue;
}

/** A piece of a prompt: a file of the workspace, or a part of it. */
export interface FileBlock {
  /** Always `file`. */
  type: "file";
  /** A `file:` URI inside the workspace. */
  uri: string;
  /** The part that is meant; absent: the whole file. */
  range?: DocumentRange;
}

/** Whether something the server can use is there. */
export interface Found {
  /** Whether it is there. */
  available: boolean;
  /** Which one, or why not. */
  detail: string;
}

/** Requests that the client answers. */
export interface HostOffers {
  /** `agent/host/diagnostics` */
  diagnostics?: Offer;
  /** `agent/host/saveDocuments` */
  save?: Offer;
  /** `agent/host/definition` and `agent/host/references` */
  navigation?: Offer;
  /** `agent/host/openDiff` */
  openDiff?: Offer;
}

/** A piece of a prompt: an image, by `uri` or by `data`; told again by the `ref` under which it is kept. */
export interface ImageBlock {
  /** Always `image`. */
  type: "image";
  /** A `file:` URI inside the workspace, read when the prompt is accepted. One of `uri` and `data` is given. */
  uri?: string;
  /** The image, base64: PNG, JPEG, GIF or WebP of at most 5 MiB. Never in a notification or result. */
  data?: string;
  /** The image as it is kept, for `agent/content/read`, whose `text` is it in base64. In place of `data` it may be sent back in another prompt of the same task. */
  ref?: string;
  /** For example `image/png`. What the image's own bytes say counts. */
  mimeType: string;
}

/** A piece of a tool result: an image, fetched by `agent/content/read`. */
export interface ImageContent {
  /** Always `image`. */
  type: "image";
  /** What to ask `agent/content/read` for; its `text` is the image in base64. */
  ref: string;
  /** For example `image/png`. */
  mimeType: string;
}

/** The `data` of an error −32602. */
export interface InvalidParamsData {
  /** The field, for example `provider.baseUrl` or `prompt[0].text`; empty for the params as a whole. */
  path: string;
}

/** Something this endpoint taught by refusing a request. */
export interface LearnedLesson {
  /** The stable name of the lesson. */
  id: string;
  /** What is done differently since. */
  note: string;
}

/** Where a turn stops by itself. */
export interface LimitSettings {
  /** Requests to the provider in one turn. 0: no limit. Default: 100. */
  requestsPerTurn: number;
  /** USD in one task. Absent or 0: no limit. */
  costPerTask?: number;
  /** The same call with the same arguments in a row. 0: no limit. Default: 3. */
  repeatedCalls: number;
  /** Answers in a row that hold nothing but invalid calls. 0: no limit. Default: 3. */
  malformedCalls: number;
}

/** The lines of a file that a result shows; counted from 1, both ends included. */
export interface LineRange {
  /** First line shown. */
  startLine: number;
  /** Last line shown. */
  endLine: number;
  /** Lines of the whole file. */
  totalLines: number;
}

/** A model of the provider's list; what the list does not say is absent. */
export interface ListedModel {
  /** What to set as the provider's `modelId`. */
  id: string;
  /** Tokens: what the running server takes where it says so, else what the model is made for. */
  contextWindow?: number;
  /** The longest answer, in tokens. */
  maxOutputTokens?: number;
  /** USD per million input tokens. */
  inputPrice?: number;
  /** USD per million output tokens. */
  outputPrice?: number;
  /** USD per million tokens read from the provider's cache. */
  cacheReadPrice?: number;
  /** USD per million tokens written to the provider's cache. */
  cacheWritePrice?: number;
  /** Whether the model takes images. */
  imageSupport?: boolean;
  /** Whether the model calls tools; false for models that do not chat. */
  toolSupport?: boolean;
}

/** A place that a tool call is about. */
export interface Location {
  /** The absolute `file:` URI. */
  uri: string;
  /** Line, counted from 1. */
  line?: number;
}

/** The answer, whole. */
export interface MessageCompleted {
  /** The message. */
  messageId: string;
  /** The whole text; it replaces what the deltas built. */
  text: string;
  /** True when the attempt broke: the text stays out of the conversation. */
  discarded?: boolean;
  /** Present when the text is longer than a payload may be. */
  truncated?: Truncation;
}

/** A piece of the answer. */
export interface MessageDelta {
  /** The message. */
  messageId: string;
  /** Text to append. */
  delta: string;
}

/** An answer in a turn. */
export interface MessageItem {
  /** Always `message`. */
  type: "message";
  /** The message. */
  messageId: string;
  /** Its text so far. */
  text: string;
  /** Whether the text is whole. */
  completed: boolean;
  /** True when the attempt broke. */
  discarded?: boolean;
  /** Present when it is longer than a payload may be. */
  truncated?: Truncation;
}

/** The model began to answer. */
export interface MessageStarted {
  /** The message. */
  messageId: string;
}

/** Something the user should know that is no failure of the turn. */
export interface Notice {
  /** How serious it is. */
  level: NoticeLevel;
  /** A stable name, for example `dialect.adapted`. */
  code: string;
  /** What happened. */
  message: string;
  /** What the user can do about it. */
  advice?: string;
}

/** A notice in a turn. */
export interface NoticeItem {
  /** How serious it is. */
  level: NoticeLevel;
  /** A stable name, for example `dialect.adapted`. */
  code: string;
  /** What happened. */
  message: string;
  /** What the user can do about it. */
  advice?: string;
  /** Always `notice`. */
  type: "notice";
}

/** An empty object: its presence is the offer. */
export type Offer = Record<string, never>;

/** What an approval is about: talking to an origin. */
export interface OriginSubject {
  /** Scheme, host and port, for example `https://example.org`. */
  origin: string;
}

/** What a call would do: exactly one of its fields. */
export interface Preview {
  /** The change an edit would make. */
  diff?: Diff;
  /** The command line that would run. */
  command?: string;
}

/** A prompt was accepted, reached the model, or was taken out of the queue. */
export interface Prompt {
  /** The prompt. */
  promptId: string;
  /** What it says; plain text is one text block. */
  content: Block[];
  /** Which request brought it: `agent/task/start`, `agent/turn/start` or `agent/turn/steer`. */
  source: PromptSource;
  /** `queued`: waiting; `delivered`: part of the conversation; `removed`: gone, never seen by the model. */
  state: PromptState;
  /** The client's own id from `agent/turn/steer`. */
  clientMessageId?: string;
  /** Present when the texts of `content` are longer than a payload may be. */
  truncated?: Truncation;
}

/** A prompt in a turn. */
export interface PromptItem {
  /** Always `prompt`. */
  type: "prompt";
  /** The prompt. */
  promptId: string;
  /** What it says. */
  content: Block[];
  /** Which request brought it. */
  source: PromptSource;
  /** Present when it is longer than a payload may be. */
  truncated?: Truncation;
}

/** A profile: where the model is, which one, and how to talk to it. */
export interface Provider {
  /** The profile's own name in this connection; the client chooses it. */
  id: string;
  /** What the user calls it. */
  name: string;
  /** Always `openai-compatible`. */
  apiProvider: "openai-compatible";
  /** The API's address up to and without `/chat/completions`, for example `http://localhost:11434/v1`. */
  baseUrl: string;
  /** The model, as the endpoint names it. */
  modelId: string;
  /** Environment variable of the server that holds the key, where no key was set. */
  apiKeyEnv?: string;
  /** More headers for every request to this endpoint. */
  headers?: Record<string, string>;
  /** Sampling temperature. Absent: the endpoint's default. */
  temperature?: number;
  /** Sent as `reasoning_effort`, for example `low`, `medium`, `high`. */
  reasoningEffort?: string;
  /** Whether answers are streamed. Default: true. */
  streaming?: boolean;
  /** Whether to mark what the provider may cache. */
  promptCaching?: boolean;
  /** Least time between two requests to the model; its list of models is not counted. */
  rateLimitS?: number;
  /** More fields for the request body, as they are. */
  extraBody?: Record<string, JsonValue>;
  /** For models that reason inside their answer: with `tagged`, a `<think>` block at its beginning is told as reasoning; with `opened`, all up to `</think>`, because the chat template wrote the first tag; `off`: as text. Default: "off". */
  thinkTags?: "off" | "tagged" | "opened";
  /** Azure's `api-version`; its presence selects Azure's addresses and key header. */
  azureApiVersion?: string;
  /** An http or https proxy for this endpoint. The environment's proxy settings are not used. */
  proxy?: string;
  /** File with the certificate authorities to trust for this endpoint. */
  caBundle?: string;
  /** Allow plain http to a host that is not this machine. Default: false. */
  allowInsecureHttp?: boolean;
  /** How long to wait. */
  timeouts?: Partial<Timeouts>;
  /** Model configuration. */
  model?: Partial<ProviderModel>;
}

/** The providers changed: all of them as they now are. */
export interface ProviderChanged {
  /** In the order in which they were first set. */
  providers: ProviderView[];
  /** Id of the one that tasks use where they name none; absent: none is set. */
  active?: string;
}

/** Which provider to check, and how far. */
export interface ProviderCheckParams {
  /** The provider; absent: the active one. */
  id?: string;
  /** `reach`: address and key; `model`: also the model and streaming; `tools`: also tool calls; `full`: all. Default: "full". */
  level?: "reach" | "model" | "tools" | "full";
}

/** What the provider can do. */
export interface ProviderCheckResult {
  /** True when no step failed. */
  ok: boolean;
  /** The steps of the level, in order. */
  checks: CheckedStep[];
  /** How it is spoken to from now on. */
  dialect: DialectView;
  /** Tokens of all requests together. */
  usage: Usage;
  /** USD; absent: the prices are unknown. */
  cost?: number;
  /** Requests for completions that were sent; reading the model list costs no tokens and is not counted. */
  requests: number;
}

/** A step of a running check ended. */
export interface ProviderCheckStep {
  /** Which step. */
  id: "reach" | "key" | "model" | "streaming" | "toolCall" | "streamedArguments" | "parallelCalls" | "toolResult" | "usage" | "images" | "contextWindow";
  /** `ok` works; `warn` works with a loss, or could not be shown; `fail` does not; `skipped` was not tried. */
  status: "ok" | "warn" | "fail" | "skipped";
  /** What the step looks at: the same words every time. */
  title: string;
  /** What was seen, with the provider's own words where it had some (bounded, without secrets). */
  detail: string;
  /** What to do about it; absent when there is nothing to do. */
  advice?: string;
  /** The provider that is checked. */
  providerId: string;
}

/** No fields. */
export type ProviderListParams = Record<string, never>;

/** The providers of this connection. */
export interface ProviderListResult {
  /** In the order in which they were first set. */
  providers: ProviderView[];
  /** Id of the one that tasks use where they name none; absent: none is set. */
  active?: string;
}

/** Model configuration; prices in USD per million tokens; absent means unknown. */
export interface ProviderModel {
  /** Upper bound of one answer. Absent: the server decides. */
  maxOutputTokens?: number;
  /** Tokens the model can take in. Absent: from the provider's model list, else 128,000. */
  contextWindow?: number;
  /** Whether the model takes images. Absent: from the provider's model list, else no image is sent. */
  imageSupport?: boolean;
  /** Whether the model is offered the browser tool. Default: false. */
  computerUse: boolean;
  /** USD per million input tokens. */
  inputPrice?: number;
  /** USD per million output tokens. */
  outputPrice?: number;
  /** USD per million tokens read from the provider's cache. */
  cacheReadPrice?: number;
  /** USD per million tokens written to the provider's cache. */
  cacheWritePrice?: number;
}

/** The provider to ask for its models. */
export interface ProviderModelsParams {
  /** The provider. */
  id: string;
}

/** The models in the provider's order. A list that cannot be had is an error `provider.…`, never an empty one. */
export interface ProviderModelsResult {
  /** Empty only where the server says that it has none, such as an Ollama that pulled no model yet. */
  models: ListedModel[];
  /** Where this was read: the path or paths at the provider's address. */
  source: string;
}

/** The provider to forget, with its key. */
export interface ProviderRemoveParams {
  /** The provider. */
  id: string;
}

/** What is active afterwards. */
export interface ProviderRemoveResult {
  /** Id of the active provider; absent: none is. */
  active?: string;
}

/** The provider to make active. */
export interface ProviderSelectParams {
  /** The provider. */
  id: string;
}

/** What is active afterwards. */
export interface ProviderSelectResult {
  /** Id of the active provider. */
  active: string;
}

/** The one message that carries a secret. */
export interface ProviderSetKeyParams {
  /** The provider. */
  id: string;
  /** The key; empty to forget it. */
  apiKey: string;
}

/** Whether the provider has a key now. */
export interface ProviderSetKeyResult {
  /** Whether a key is known. */
  apiKeySet: boolean;
}

/** The provider to create or replace. */
export interface ProviderSetParams {
  /** The whole profile, without its key. */
  provider: Provider;
}

/** The provider as it now is. */
export interface ProviderSetResult {
  /** With its base URL normalised. */
  provider: ProviderView;
  /** Sentences for the user, for example that a changed origin dropped the key. */
  warnings: string[];
}

/** A provider as results show it: never with its key; secrets in headers and proxy are masked. */
export interface ProviderView {
  /** The profile's own name in this connection; the client chooses it. */
  id: string;
  /** What the user calls it. */
  name: string;
  /** Always `openai-compatible`. */
  apiProvider: "openai-compatible";
  /** The API's address up to and without `/chat/completions`, for example `http://localhost:11434/v1`. */
  baseUrl: string;
  /** The model, as the endpoint names it. */
  modelId: string;
  /** Environment variable of the server that holds the key, where no key was set. */
  apiKeyEnv?: string;
  /** More headers for every request to this endpoint. */
  headers?: Record<string, string>;
  /** Sampling temperature. Absent: the endpoint's default. */
  temperature?: number;
  /** Sent as `reasoning_effort`, for example `low`, `medium`, `high`. */
  reasoningEffort?: string;
  /** Whether answers are streamed. Default: true. */
  streaming: boolean;
  /** Whether to mark what the provider may cache. */
  promptCaching?: boolean;
  /** Least time between two requests to the model; its list of models is not counted. */
  rateLimitS?: number;
  /** More fields for the request body, as they are. */
  extraBody?: Record<string, JsonValue>;
  /** For models that reason inside their answer: with `tagged`, a `<think>` block at its beginning is told as reasoning; with `opened`, all up to `</think>`, because the chat template wrote the first tag; `off`: as text. Default: "off". */
  thinkTags: "off" | "tagged" | "opened";
  /** Azure's `api-version`; its presence selects Azure's addresses and key header. */
  azureApiVersion?: string;
  /** An http or https proxy for this endpoint. The environment's proxy settings are not used. */
  proxy?: string;
  /** File with the certificate authorities to trust for this endpoint. */
  caBundle?: string;
  /** Allow plain http to a host that is not this machine. Default: false. */
  allowInsecureHttp: boolean;
  /** How long to wait. */
  timeouts: Timeouts;
  /** Model configuration. */
  model: ProviderModel;
  /** Whether a key is known, by `agent/provider/setKey` or by `apiKeyEnv`. */
  apiKeySet: boolean;
  /** The key's last four characters after `…`; absent for keys too short to hint at. */
  apiKeyHint?: string;
  /** The model configuration in force. */
  effective: EffectiveModel;
}

/** The model asks the user something. */
export interface QuestionRequested {
  /** What to answer with `agent/question/respond`. */
  questionId: string;
  /** The question. */
  question: string;
  /** Answers the model suggests; any other text is allowed too. */
  options: string[];
}

/** A question was answered, or is no longer open. */
export interface QuestionResolved {
  /** The question. */
  questionId: string;
  /** The answer; absent when the turn ended without one. */
  answer?: string;
}

/** The user's answer. */
export interface QuestionRespondParams {
  /** The question. */
  questionId: string;
  /** One of the options, or other words. */
  answer: string;
}

/** Whether this answer counted. */
export interface QuestionRespondResult {
  /** False when the question was answered before. */
  accepted: boolean;
}

/** Which queue. */
export interface QueueListParams {
  /** The task. */
  taskId: string;
}

/** The prompts that wait. */
export interface QueueListResult {
  /** In order of delivery. */
  prompts: QueuedPrompt[];
}

/** A prompt to take out of the queue. */
export interface QueueRemoveParams {
  /** The task; may be left out. */
  taskId?: string;
  /** The prompt. */
  promptId: string;
}

/** No fields. */
export type QueueRemoveResult = Record<string, never>;

/** Other words for a prompt that waits. */
export interface QueueUpdateParams {
  /** The task; may be left out. */
  taskId?: string;
  /** The prompt. */
  promptId: string;
  /** What it says now. */
  prompt: string | Block[];
}

/** No fields. */
export type QueueUpdateResult = Record<string, never>;

/** A prompt that waits for its turn. */
export interface QueuedPrompt {
  /** The prompt. */
  promptId: string;
  /** What it says. */
  content: Block[];
  /** The client's own id. */
  clientMessageId?: string;
}

/** How much of a file one read shows. */
export interface ReadSettings {
  /** Lines. Default: 2000. */
  maxLines: number;
  /** Characters of one line. Default: 2000. */
  maxLineLength: number;
}

/** The reasoning, whole. */
export interface ReasoningCompleted {
  /** The reasoning. */
  messageId: string;
  /** The whole text; it replaces what the deltas built. */
  text: string;
  /** True when the attempt broke. */
  discarded?: boolean;
  /** Present when the text is longer than a payload may be. */
  truncated?: Truncation;
}

/** A piece of the reasoning. */
export interface ReasoningDelta {
  /** The reasoning. */
  messageId: string;
  /** Text to append. */
  delta: string;
}

/** Reasoning in a turn. */
export interface ReasoningItem {
  /** Always `reasoning`. */
  type: "reasoning";
  /** The reasoning. */
  messageId: string;
  /** Its text so far. */
  text: string;
  /** Whether the text is whole. */
  completed: boolean;
  /** True when the attempt broke. */
  discarded?: boolean;
  /** Present when it is longer than a payload may be. */
  truncated?: Truncation;
}

/** The model began to think aloud. */
export interface ReasoningStarted {
  /** The reasoning; an id of its own, not that of the answer. */
  messageId: string;
}

/** A request to the provider ended, well or not. */
export interface RequestCompleted {
  /** The request. */
  requestId: string;
  /** The provider's status, where there was an answer. */
  httpStatus?: number;
  /** From sending to the first piece of the answer. */
  firstTokenMs?: number;
  /** Tokens of this request. */
  usage?: Usage;
  /** Why the model stopped, as the provider calls it. */
  finishReason?: string;
  /** Why it failed. */
  error?: TurnError;
}

/** The `data` of an error −32803. */
export interface RequestErrorData {
  /** The stable name of the failure. */
  code: RequestErrorCode;
  /** A sentence the user can act on. */
  advice: string;
  /** Whether the same request may succeed later. */
  retryable: boolean;
}

/** A request failed and is tried again after a wait. */
export interface RequestRetrying {
  /** The request. */
  requestId: string;
  /** The attempt that comes next. */
  attempt: number;
  /** How long we wait before it. */
  delayMs: number;
  /** Why the attempt before it failed. */
  error: TurnError;
}

/** A request to the provider was sent. */
export interface RequestStarted {
  /** The request; its attempts share it. */
  requestId: string;
  /** 1 for the first. */
  attempt: number;
}

/** A request waits and nothing has come for some seconds; told again every few seconds. */
export interface RequestWaiting {
  /** The request. */
  requestId: string;
  /** `firstByte`: for the answer to begin. `idle`: for it to go on. `rateLimit`: to be sent, by `rateLimitS`. */
  reason: "firstByte" | "idle" | "rateLimit";
  /** How long so far. */
  waitedMs: number;
  /** When the wait ends: by a time-out, or with `rateLimit` by sending the request. */
  limitMs: number;
}

/** How often a failed request to the provider is repeated. */
export interface RetrySettings {
  /** Attempts in all, the first included. Default: 4. */
  maxAttempts: number;
  /** Seconds of waiting in all. Default: 120. */
  maxWaitS: number;
}

/** All settings of a connection. */
export interface Settings {
  /** What runs without asking. */
  approval: ApprovalSettings;
  /** Repeats of failed requests. */
  retry: RetrySettings;
  /** Where a turn stops. */
  limits: LimitSettings;
  /** Reading files. */
  read: ReadSettings;
  /** Running commands. */
  command: CommandSettings;
  /** The context window. */
  context: ContextSettings;
  /** The tools on offer. */
  tools: ToolSettings;
}

/** No fields. */
export type SettingsGetParams = Record<string, never>;

/** All settings, and what the server found out. */
export interface SettingsGetResult {
  /** All of them, defaults included. */
  settings: Settings;
  /** What the server found out about the machine it runs on. */
  environment: Environment;
}

/** A part of the settings: every section and every field of a section may be left out. */
export interface SettingsPatch {
  /** What runs without asking. */
  approval?: Partial<ApprovalSettings>;
  /** Repeats of failed requests. */
  retry?: Partial<RetrySettings>;
  /** Where a turn stops. */
  limits?: Partial<LimitSettings>;
  /** Reading files. */
  read?: Partial<ReadSettings>;
  /** Running commands. */
  command?: Partial<CommandSettings>;
  /** The context window. */
  context?: Partial<ContextSettings>;
  /** The tools on offer. */
  tools?: Partial<ToolSettings>;
}

/** The settings to change. */
export interface SettingsSetParams {
  /** Only what is to change. */
  settings: SettingsPatch;
}

/** All settings as they now are. */
export interface SettingsSetResult {
  /** All of them, defaults included. */
  settings: Settings;
  /** What the server found out about the machine it runs on. */
  environment: Environment;
}

/** Which task. */
export interface TaskDeleteParams {
  /** The task; a running one is interrupted first. */
  taskId: string;
}

/** No fields. */
export type TaskDeleteResult = Record<string, never>;

/** Which stored notifications to send again. */
export interface TaskEventsParams {
  /** The task. */
  taskId: string;
  /** The last number the client has; 0 for all. Default: 0. */
  sinceSeq?: number;
  /** At most so many; the server may send fewer and say `more`. */
  limit?: number;
}

/** A part of a task's history. */
export interface TaskEventsResult {
  /** In order. */
  events: EventFrame[];
  /** Number of the task's last stored notification. */
  lastSeq: number;
  /** Whether to ask again from the last number received. */
  more: boolean;
}

/** Which task, and as what. */
export interface TaskExportParams {
  /** The task. */
  taskId: string;
  /** `markdown` to read; `json` to keep. Default: "markdown". */
  format?: "markdown" | "json";
}

/** Where the export is. */
export interface TaskExportResult {
  /** A `file:` URI. */
  uri: string;
}

/** Which task. */
export interface TaskGetParams {
  /** The task. */
  taskId: string;
}

/** The whole task; notifications after `lastSeq` continue it. */
export interface TaskGetResult {
  /** The task. */
  taskId: string;
  /** The first line of its first prompt. */
  title: string;
  /** What it is doing. */
  status: TaskState;
  /** URI of its workspace folder. */
  workspace?: string;
  /** Epoch milliseconds of its beginning. */
  createdMs: number;
  /** Epoch milliseconds of its last stored notification. */
  updatedMs: number;
  /** Number of its last stored notification. */
  lastSeq: number;
  /** Tokens of the whole task. */
  usage?: Usage;
  /** USD of the whole task; absent where the prices are unknown. */
  cost?: number;
  /** Its turns, oldest first. */
  turns: TurnView[];
  /** Prompts that wait for their turn. */
  queue: QueuedPrompt[];
  /** Approvals that are open. */
  approvals: ApprovalRequested[];
  /** Questions that are open. */
  questions: QuestionRequested[];
  /** The model's plan. */
  todo: TodoItem[];
}

/** Which part of the list. */
export interface TaskListParams {
  /** `nextCursor` of the page before. */
  cursor?: string;
  /** Tasks on a page; 50 where absent. */
  limit?: number;
  /** Only tasks of this workspace folder. */
  workspace?: string;
}

/** A page of tasks, latest change first. */
export interface TaskListResult {
  /** The tasks. */
  data: TaskSummary[];
  /** Present when there are more. */
  nextCursor?: string;
}

/** A new task and its first prompt. */
export interface TaskStartParams {
  /** What the user asks for. */
  prompt: string | Block[];
  /** Absent: the active provider. */
  providerId?: string;
  /** URI of one of the workspace folders. Absent: the first. */
  workspace?: string;
  /** Approval mode of this task. Absent: that of the settings. */
  mode?: ApprovalMode;
}

/** The task is accepted, not finished. */
export interface TaskStartResult {
  /** The new task. */
  taskId: string;
  /** Its first turn. */
  turnId: string;
}

/** What the task is doing now, whole: each one replaces the one before. */
export interface TaskStatus {
  /** What the task is doing. */
  status: TaskState;
  /** The first line of the task's first prompt. */
  title: string;
  /** Prompts that wait for their turn. */
  queued: number;
  /** Tokens of the whole task. */
  usage: Usage;
  /** USD of the whole task; absent where the prices are unknown. */
  cost?: number;
}

/** A task in a list. */
export interface TaskSummary {
  /** The task. */
  taskId: string;
  /** The first line of its first prompt. */
  title: string;
  /** What it is doing. */
  status: TaskState;
  /** URI of its workspace folder. */
  workspace?: string;
  /** Epoch milliseconds of its beginning. */
  createdMs: number;
  /** Epoch milliseconds of its last stored notification. */
  updatedMs: number;
  /** Number of its last stored notification. */
  lastSeq: number;
  /** Tokens of the whole task. */
  usage?: Usage;
  /** USD of the whole task; absent where the prices are unknown. */
  cost?: number;
}

/** A piece of a prompt: text. */
export interface TextBlock {
  /** Always `text`. */
  type: "text";
  /** The text. */
  text: string;
}

/** A piece of a tool result: text. */
export interface TextContent {
  /** Always `text`. */
  type: "text";
  /** The text, capped; see `truncated` of the result. */
  text: string;
}

/** How long to wait for the endpoint, in seconds. */
export interface Timeouts {
  /** For the connection, TLS included. Default: 10. */
  connectS: number;
  /** For the first byte of the answer: a local server may load its model first. Default: 600. */
  firstByteS: number;
  /** Between two pieces of the answer. Default: 120. */
  idleS: number;
}

/** One line of the task's plan. */
export interface TodoItem {
  /** What is to be done. */
  text: string;
  /** How far it is. */
  state: "pending" | "inProgress" | "completed";
}

/** The model's plan, whole: each one replaces the one before. */
export interface TodoUpdated {
  /** The plan. */
  items: TodoItem[];
}

/** A piece of a call's arguments: the raw JSON text and its parsed meaning. */
export interface ToolCallDelta {
  /** The call. */
  callId: string;
  /** Raw JSON text to append; display only. */
  delta: string;
  /** What that text means, so that no client needs a parser for partial JSON. */
  fields: FieldUpdate[];
}

/** A tool call in a turn, with its result once there is one. */
export interface ToolCallItem {
  /** Always `toolCall`. */
  type: "toolCall";
  /** The call. */
  callId: string;
  /** The provider's id of it. */
  providerCallId?: string;
  /** Its place among the calls of its answer. */
  index: number;
  /** The tool. */
  name: string;
  /** How far it is; `completed`: `result` is there. */
  status: "streaming" | "ready" | "awaitingApproval" | "running" | "completed";
  /** The arguments, once they are whole and valid. */
  arguments?: Record<string, JsonValue>;
  /** One line for the timeline. */
  title?: string;
  /** What sort of thing it does. */
  kind?: ToolKind;
  /** The places it is about. */
  locations?: Location[];
  /** What it would do. */
  preview?: Preview;
  /** Present when long strings in `arguments` were cut. */
  truncated?: Truncation;
  /** What it came to. */
  result?: ToolResult;
}

/** A piece of what a running command prints. */
export interface ToolCallOutput {
  /** The call. */
  callId: string;
  /** Where it was printed. */
  stream: OutputStream;
  /** Text to append. */
  delta: string;
}

/** A call's arguments are whole and a valid object. A call whose arguments are not has no such event. */
export interface ToolCallReady {
  /** The call. */
  callId: string;
  /** The tool. */
  name: string;
  /** The arguments; they replace what the deltas built. */
  arguments: Record<string, JsonValue>;
  /** One line for the timeline, for example `Read src/app.py`. */
  title: string;
  /** What sort of thing it does. */
  kind: ToolKind;
  /** The places it is about. */
  locations: Location[];
  /** What it would do, where that is known without running it. */
  preview?: Preview;
  /** Present when long strings in `arguments` were cut. */
  truncated?: Truncation;
}

/** The model began a tool call; sent as soon as the tool's name is known. */
export interface ToolCallStarted {
  /** Our id of the call, unique in the task. */
  callId: string;
  /** The provider's id of it; providers repeat theirs. */
  providerCallId?: string;
  /** Its place among the calls of this answer, from 0. */
  index: number;
  /** The tool. */
  name: string;
}

/** A call waits for an approval, or runs. */
export interface ToolCallStatus {
  /** The call. */
  callId: string;
  /** What it does now. */
  status: "awaitingApproval" | "running";
}

/** A tool the model may be offered. */
export interface ToolDefinition {
  /** Its name. */
  name: string;
  /** What sort of thing it does. */
  kind: ToolKind;
  /** What the model is told about it. */
  description: string;
  /** JSON schema of its arguments. */
  parameters: Record<string, JsonValue>;
  /** Which approval rules apply: none, those of edits, those of commands. */
  approval: "none" | "edit" | "command";
  /** Who provides it. */
  source: "builtin" | "client";
  /** False when the settings disable it. */
  enabled: boolean;
}

/** What a call came to; exactly one per started call. */
export interface ToolResult {
  /** The call. */
  callId: string;
  /** The tool. */
  name: string;
  /** How it ended. `invalid`: the call was not understood and nothing ran. */
  status: ResultStatus;
  /** What the model is told, capped. */
  content: Content[];
  /** The lines shown, when it read a file. */
  range?: LineRange;
  /** Present when `content` is not all there is. */
  truncated?: Truncation;
  /** The command's exit code. */
  exitCode?: number;
  /** The change that was made. */
  diff?: Diff;
  /** Whether the text came from an open editor buffer or from the disk. */
  source?: TextSource;
  /** How long it ran, without the wait for an approval. */
  durationMs: number;
}

/** Which tools the model is offered. */
export interface ToolSettings {
  /** Names of tools that are not offered. */
  disabled: string[];
}

/** No fields. */
export type ToolsListParams = Record<string, never>;

/** The tools. */
export interface ToolsListResult {
  /** In the order in which the model sees them. */
  tools: ToolDefinition[];
}

/** How much of a text is shown, and how to get the rest. */
export interface Truncation {
  /** UTF-8 bytes that are in the message. */
  shownBytes: number;
  /** UTF-8 bytes of the whole. */
  totalBytes: number;
  /** What to ask `agent/content/read` for; it answers with the whole. */
  ref: string;
  /** The tool call that shows what comes next, as the model is told. */
  next?: string;
}

/** A turn ended; exactly one per started turn. */
export interface TurnCompleted {
  /** How it ended. `limit`: a limit of the settings stopped it. */
  status: TurnEnd;
  /** Why, when `failed`; also what stopped it, when `limit`. */
  error?: TurnError;
  /** Tokens of this turn. */
  usage: Usage;
  /** USD of this turn; absent where the prices are unknown. */
  cost?: number;
  /** From its start to its end, waiting for answers included. */
  durationMs: number;
  /** Files that the turn's edits changed, each once. */
  changedFiles: ChangedFile[];
}

/** Why a turn or one of its requests failed. */
export interface TurnError {
  /** The stable name of the failure. */
  code: TurnErrorCode;
  /** One line for a heading. */
  title: string;
  /** What happened, with the provider's own words where it had some (bounded, without secrets). */
  detail: string;
  /** A sentence the user can act on. */
  advice: string;
  /** The provider's status, where there was an answer. */
  httpStatus?: number;
  /** Whether the same request may succeed later. */
  retryable: boolean;
}

/** Which task to stop. */
export interface TurnInterruptParams {
  /** The task; nothing happens when it rests. */
  taskId: string;
}

/** No fields. */
export type TurnInterruptResult = Record<string, never>;

/** A new turn of a task that rests. */
export interface TurnStartParams {
  /** The task. */
  taskId: string;
  /** What the user asks for. */
  prompt: string | Block[];
}

/** The turn is accepted, not finished. */
export interface TurnStartResult {
  /** The new turn. */
  turnId: string;
}

/** A turn began. */
export interface TurnStarted {
  /** The prompt that started it. */
  promptId: string;
  /** The provider that answers. */
  providerId: string;
  /** The model that answers. */
  modelId: string;
}

/** A prompt for a task, whatever it is doing. */
export interface TurnSteerParams {
  /** The task. */
  taskId: string;
  /** What the user says. */
  prompt: string | Block[];
  /** The client's own id, returned in `agent/prompt`. */
  clientMessageId?: string;
}

/** What becomes of the prompt; `agent/prompt` confirms its delivery. */
export interface TurnSteerResult {
  /** `injected`: goes into the running turn; `queued`: waits for the next; `started`: began a turn. */
  disposition: "injected" | "queued" | "started";
  /** The turn that runs, or that it began. */
  turnId: string;
  /** The prompt. */
  promptId: string;
}

/** One turn with all that happened in it, in order. */
export interface TurnView {
  /** The turn. */
  turnId: string;
  /** The prompt that started it. */
  promptId: string;
  /** The provider that answers. */
  providerId: string;
  /** The model that answers. */
  modelId: string;
  /** `running`, or how it ended. */
  status: "running" | "completed" | "interrupted" | "failed" | "limit";
  /** Why it failed. */
  error?: TurnError;
  /** Tokens, once it ended. */
  usage?: Usage;
  /** USD, once it ended and where the prices are known. */
  cost?: number;
  /** How long it took, once it ended. */
  durationMs?: number;
  /** Files its edits changed. */
  changedFiles: ChangedFile[];
  /** What happened, in order of its beginning. */
  items: Item[];
}

/** Tokens, as the provider reported them or as estimated. */
export interface Usage {
  /** Tokens sent, cached ones included. */
  inputTokens: number;
  /** Those of `inputTokens` that the provider read from its cache. */
  cachedTokens?: number;
  /** Tokens received, reasoning included. */
  outputTokens: number;
  /** Those of `outputTokens` that were reasoning. */
  reasoningTokens?: number;
  /** True when the provider reported nothing and the numbers are our estimate. */
  estimated?: boolean;
}

/** Whether the user trusts the workspace. */
export interface WorkspaceSetTrustParams {
  /** While false, nothing is run and nothing is written. */
  trusted: boolean;
}

/** The trust that is in force. */
export interface WorkspaceSetTrustResult {
  /** Whether the workspace is trusted. */
  trusted: boolean;
}

/** Requests to the server. */
export interface Requests {
  /** The providers of this connection, and which one is active. A key is never in a result. */
  "agent/provider/list": { params: ProviderListParams; result: ProviderListResult };
  /** Create a provider, or replace the one with the same id. The first one set becomes active. */
  "agent/provider/set": { params: ProviderSetParams; result: ProviderSetResult };
  /** Set a provider's key: the one method that carries a secret. Not available as a command. */
  "agent/provider/setKey": { params: ProviderSetKeyParams; result: ProviderSetKeyResult };
  /** Forget a provider and its key. */
  "agent/provider/remove": { params: ProviderRemoveParams; result: ProviderRemoveResult };
  /** Make a provider the active one. */
  "agent/provider/select": { params: ProviderSelectParams; result: ProviderSelectResult };
  /** Ask a provider for its models, with what it says of each. Costs no tokens; errors are errors. */
  "agent/provider/models": { params: ProviderModelsParams; result: ProviderModelsResult };
  /** Try out what a provider can do, step by step; each step is also told as it ends. It costs a few tokens. */
  "agent/provider/check": { params: ProviderCheckParams; result: ProviderCheckResult };
  /** All settings, and what the server found out about its machine. */
  "agent/settings/get": { params: SettingsGetParams; result: SettingsGetResult };
  /** Change some settings; the rest stays as it is. */
  "agent/settings/set": { params: SettingsSetParams; result: SettingsSetResult };
  /** Begin a task with its first prompt. */
  "agent/task/start": { params: TaskStartParams; result: TaskStartResult };
  /** The tasks, latest change first. */
  "agent/task/list": { params: TaskListParams; result: TaskListResult };
  /** The whole state of a task, and the number it goes up to. */
  "agent/task/get": { params: TaskGetParams; result: TaskGetResult };
  /** Delete a task and its history. */
  "agent/task/delete": { params: TaskDeleteParams; result: TaskDeleteResult };
  /** Write a task to a file to read or to keep. */
  "agent/task/export": { params: TaskExportParams; result: TaskExportResult };
  /** The stored notifications after a number, as they were sent. */
  "agent/task/events": { params: TaskEventsParams; result: TaskEventsResult };
  /** Begin another turn of a task that rests. */
  "agent/turn/start": { params: TurnStartParams; result: TurnStartResult };
  /** Say something to a task, whatever it is doing. */
  "agent/turn/steer": { params: TurnSteerParams; result: TurnSteerResult };
  /** Stop the running turn; the queue stays and is not started. */
  "agent/turn/interrupt": { params: TurnInterruptParams; result: TurnInterruptResult };
  /** The prompts that wait for their turn. */
  "agent/queue/list": { params: QueueListParams; result: QueueListResult };
  /** Change the words of a waiting prompt. */
  "agent/queue/update": { params: QueueUpdateParams; result: QueueUpdateResult };
  /** Take a waiting prompt out of the queue. */
  "agent/queue/remove": { params: QueueRemoveParams; result: QueueRemoveResult };
  /** Read what a payload left out. */
  "agent/content/read": { params: ContentReadParams; result: ContentReadResult };
  /** Decide an open approval; the first answer wins. */
  "agent/approval/respond": { params: ApprovalRespondParams; result: ApprovalRespondResult };
  /** Answer an open question; the first answer wins. */
  "agent/question/respond": { params: QuestionRespondParams; result: QuestionRespondResult };
  /** The tools, with the JSON schema of their arguments and their approval class. */
  "agent/tools/list": { params: ToolsListParams; result: ToolsListResult };
  /** Say whether the user trusts the workspace. */
  "agent/workspace/setTrust": { params: WorkspaceSetTrustParams; result: WorkspaceSetTrustResult };
}

/** Notifications of a task, params with the envelope. */
export interface TaskNotifications {
  /** What the task is doing now. */
  "agent/task/status": Framed<TaskStatus>;
  /** A prompt was queued, delivered or removed. */
  "agent/prompt": Framed<Prompt>;
  /** A turn began. */
  "agent/turn/started": Framed<TurnStarted>;
  /** A turn ended: exactly one per started turn. */
  "agent/turn/completed": Framed<TurnCompleted>;
  /** A request to the provider was sent. */
  "agent/request/started": Framed<RequestStarted>;
  /** A failed request is tried again after a wait. */
  "agent/request/retrying": Framed<RequestRetrying>;
  /** A request waits: nothing has come for some seconds. */
  "agent/request/waiting": Framed<RequestWaiting>;
  /** A request to the provider ended. */
  "agent/request/completed": Framed<RequestCompleted>;
  /** The model began to answer. */
  "agent/message/started": Framed<MessageStarted>;
  /** A piece of the answer. */
  "agent/message/delta": Framed<MessageDelta>;
  /** The answer, whole. */
  "agent/message/completed": Framed<MessageCompleted>;
  /** The model began to think aloud. */
  "agent/reasoning/started": Framed<ReasoningStarted>;
  /** A piece of the reasoning. */
  "agent/reasoning/delta": Framed<ReasoningDelta>;
  /** The reasoning, whole. */
  "agent/reasoning/completed": Framed<ReasoningCompleted>;
  /** The model began a tool call: its name is known. */
  "agent/toolCall/started": Framed<ToolCallStarted>;
  /** A piece of a call's arguments, raw and parsed. */
  "agent/toolCall/delta": Framed<ToolCallDelta>;
  /** A call's arguments are whole and valid. */
  "agent/toolCall/ready": Framed<ToolCallReady>;
  /** A call waits for an approval, or runs. */
  "agent/toolCall/status": Framed<ToolCallStatus>;
  /** A piece of what a running command prints. */
  "agent/toolCall/output": Framed<ToolCallOutput>;
  /** What a call came to: exactly one per started call. */
  "agent/toolResult": Framed<ToolResult>;
  /** A call needs the user's approval. */
  "agent/approval/requested": Framed<ApprovalRequested>;
  /** An approval was decided. */
  "agent/approval/resolved": Framed<ApprovalResolved>;
  /** The model asks the user something. */
  "agent/question/requested": Framed<QuestionRequested>;
  /** A question was answered, or is no longer open. */
  "agent/question/resolved": Framed<QuestionResolved>;
  /** A file was changed. */
  "agent/edit/applied": Framed<EditApplied>;
  /** The model's plan, whole. */
  "agent/todo/updated": Framed<TodoUpdated>;
  /** Something the user should know. */
  "agent/notice": Framed<Notice>;
}

/** Notifications outside tasks, params without envelope. */
export interface OtherNotifications {
  /** The providers changed: all of them as they now are. */
  "agent/provider/changed": ProviderChanged;
  /** A step of a running check ended. */
  "agent/provider/checkStep": ProviderCheckStep;
}

/** `stored` is journalled before it is sent; `live` may be missed without harm. */
export const DELIVERY = {
  "agent/task/status": "stored",
  "agent/prompt": "stored",
  "agent/turn/started": "stored",
  "agent/turn/completed": "stored",
  "agent/request/started": "stored",
  "agent/request/retrying": "live",
  "agent/request/waiting": "live",
  "agent/request/completed": "stored",
  "agent/message/started": "stored",
  "agent/message/delta": "live",
  "agent/message/completed": "stored",
  "agent/reasoning/started": "stored",
  "agent/reasoning/delta": "live",
  "agent/reasoning/completed": "stored",
  "agent/toolCall/started": "stored",
  "agent/toolCall/delta": "live",
  "agent/toolCall/ready": "stored",
  "agent/toolCall/status": "stored",
  "agent/toolCall/output": "live",
  "agent/toolResult": "stored",
  "agent/approval/requested": "stored",
  "agent/approval/resolved": "stored",
  "agent/question/requested": "stored",
  "agent/question/resolved": "stored",
  "agent/edit/applied": "stored",
  "agent/todo/updated": "stored",
  "agent/notice": "stored",
  "agent/provider/changed": "live",
  "agent/provider/checkStep": "live",
} as const;

/** Params of a task's notification: its payload and the envelope. */
export type Framed<Payload> = Envelope & Payload;

/** A notification of a task, told apart by `method`. */
export type TaskNotification = {
  [Method in keyof TaskNotifications]: { method: Method; params: TaskNotifications[Method] };
}[keyof TaskNotifications];

export type RequestMethod = keyof Requests;
export type ParamsOf<Method extends RequestMethod> = Requests[Method]["params"];
export type ResultOf<Method extends RequestMethod> = Requests[Method]["result"];
