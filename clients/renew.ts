// Renew a policy file through the Py360 API: sign in, upload, follow the import live, start a campaign, follow it.
//
//     npm ci && npm run build && node dist/renew.js http://127.0.0.1:8360 EMAIL PASSWORD renewals.csv        (Node.js 20 or newer)
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { randomUUID } from "node:crypto";
import WebSocket from "ws";

const [base, email, password, file] = process.argv.slice(2) as [string, string, string, string];
const ENDED = ["completed", "failed", "cancelled", "needs_input", "undone"];
let token = "";

interface Failure { code: string; message: string; details: { field: string; message: string }[] }
type Answer<T> = { success: true; data: T } | { success: false; error: Failure; requestId: string };
interface State { status: string; successfulRecords?: number; failedRecords?: number; metrics?: { sent: number } }

/** The data of an answer. An error's sentence is meant for people; its code, for programs; its request id, for support. */
async function call<T>(method: string, path: string, body?: object | FormData): Promise<T> {
  const form = body instanceof FormData;
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
  if (method === "POST") headers["Idempotency-Key"] = randomUUID(); // the same key with the same body is done once
  if (body && !form) headers["Content-Type"] = "application/json";
  const content = form ? body : body && JSON.stringify(body);
  const answer = await fetch(`${base}/api${path}`, { method, headers, ...(content ? { body: content } : {}) });
  const result = (await answer.json()) as Answer<T>;
  if (result.success) return result.data;
  throw new Error(`${result.error.code}: ${result.error.message} (request ${result.requestId})`);
}

/** Live updates until something has ended. They may be lost: after each one, and every 5 s, the API is asked. */
async function follow(path: string, type: string, key: string, code: string): Promise<State> {
  const { ticket } = await call<{ ticket: string }>("POST", "/ws/ticket", {});
  const live = new WebSocket(`${base.replace("http", "ws")}/ws?ticket=${ticket}`);
  let wake = () => {};
  live.on("message", (text) => {
    const message = JSON.parse(String(text)) as { type: string; seq: number; data: Record<string, unknown> };
    if (message.type !== type || message.data[key] !== code) return;
    console.log(message.seq, message.data.processedRecords ?? message.data.progress);
    wake();
  });
  for (;;) {
    const state = await call<State>("GET", path);
    if (ENDED.includes(state.status)) {
      live.close();
      return state;
    }
    await new Promise<void>((resolve) => { wake = resolve; setTimeout(resolve, 5000); });
  }
}

const login = await call<{ token: string }>("POST", "/auth/login", { email, password });
token = login.token;
const form = new FormData();
form.append("file", new Blob([new Uint8Array(await readFile(file))]), basename(file));
const { uploadId } = await call<{ uploadId: string }>("POST", "/upload/file", form);
const imported = await follow(`/upload/status/${uploadId}`, "upload.progress", "uploadId", uploadId);
console.log(imported.status, imported.successfulRecords, "accepted,", imported.failedRecords, "failed");
const query = "/templates?type=email&category=renewal&limit=100";
const { templates } = await call<{ templates: { id: string; variables: string[] }[] }>("GET", query);
const letter = templates.find((one) => one.variables.includes("payment_link"));
const wish = { name: `Renewals ${uploadId}`, type: ["email"], purpose: "renewal", uploadId, templates: { email: letter!.id } };
const made = await call<{ parentId: string }>("POST", "/campaigns", { ...wish, scheduleType: "immediate" });
const { campaigns } = await call<{ campaigns: { id: string }[] }>("GET", `/campaigns/${made.parentId}`);
const sent = await follow(`/campaigns/${campaigns[0]!.id}`, "campaign.metrics", "campaignId", campaigns[0]!.id);
console.log(sent.status, sent.metrics?.sent, "sent");
