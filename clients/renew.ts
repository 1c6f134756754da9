// Renew a policy file through the Py360 API: sign in, upload, follow the import live, start a campaign, follow it.
//
//     npm ci && npm run build && node dist/renew.js http://127.0.0.1:8360 EMAIL PASSWORD renewals.csv        (Node.js 20 or newer)
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import type { paths } from "./api.js"; // `npm run types`, from the API's own description

type Data<P extends keyof paths, M extends "get" | "post", S extends number = 200> =
  paths[P] extends { [method in M]: { responses: { [status in S]: { content: { "application/json": { data: infer D } } } } } } ? D : never;

const [base, email, password, file] = process.argv.slice(2) as [string, string, string, string];
const ENDED = ["completed", "failed", "cancelled", "needs_input", "undone"];
let token = "";

interface Failure { code: string; message: string; details: { field: string; message: string }[] }
type Answer<T> = { success: true; data: T } | { success: false; error: Failure; requestId: string };

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
async function follow<T extends { status: string }>(path: string, type: string, key: string, code: string): Promise<T> {
  const { ticket } = await call<Data<"/api/ws/ticket", "post">>("POST", "/ws/ticket", {});
  const live = new WebSocket(`${base.replace("http", "ws")}/ws?ticket=${ticket}`);
  let wake = () => {};
  live.on("message", (text) => {
    const message = JSON.parse(String(text)) as { type: string; seq: number; data: Record<string, unknown> };
    if (message.type !== type || message.data[key] !== code) return;
    console.log(message.seq, message.data.processedRecords ?? message.data.progress);
    wake();
  });
  for (;;) {
    const state = await call<T>("GET", path);
    if (ENDED.includes(state.status)) {
      live.close();
      return state;
    }
    await new Promise<void>((resolve) => { wake = resolve; setTimeout(resolve, 5000); });
  }
}

const login = await call<Data<"/api/auth/login", "post">>("POST", "/auth/login", { email, password });
if (!("token" in login)) {
  throw new Error("This account asks for a code of an app; sign in with one that does not.");
}
token = login.token;
const form = new FormData();
form.append("file", new Blob([new Uint8Array(await readFile(file))]), basename(file));
const { uploadId } = await call<{ uploadId: string }>("POST", "/upload/file", form);
const imported = await follow<Data<"/api/upload/status/{upload_id}", "get">>(`/upload/status/${uploadId}`, "upload.progress", "uploadId", uploadId);
console.log(imported.status, imported.successfulRecords, "accepted,", imported.failedRecords, "failed");
const query = "/templates?type=email&category=renewal&limit=100";
const { templates } = await call<Data<"/api/templates", "get">>("GET", query);
const letter = templates.find((one) => one.variables.includes("payment_link"));
const wish = { name: `Renewals ${uploadId}`, type: ["email"], purpose: "renewal", uploadId, templates: { email: letter!.id } };
const made = await call<{ parentId: string }>("POST", "/campaigns", { ...wish, scheduleType: "immediate" });
const { campaigns } = await call<{ campaigns: { id: string }[] }>("GET", `/campaigns/${made.parentId}`);
const sent = await follow<Data<"/api/campaigns/{campaign_id}", "get">>(`/campaigns/${campaigns[0]!.id}`, "campaign.metrics", "campaignId", campaigns[0]!.id);
console.log(sent.status, sent.metrics?.sent, "sent");
