// What every page of the console does: forms that speak to the API, refusals beside their fields, signing in again without
// losing what was typed, live updates, dialogs and menus. No other library than htmx, which fetches parts of pages.
"use strict";

const base = "/console";
const texts = JSON.parse(document.body.dataset.texts || "{}");
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const cookie = (name) => document.cookie.split("; ").find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
const setCookie = (name, value) => { document.cookie = `${name}=${value}; path=${base}; samesite=lax; max-age=${value ? 31536000 : 0}`; };

// A part of a page as the server shows it now; `push` also puts the address into the history.
let showAgain = null;
function show(address, selector = "#main", { push = false, morph = false } = {}) {
  if (push) history.pushState({ htmx: true }, "", address);
  showAgain = () => htmx.ajax("GET", address, { target: selector, select: selector, swap: morph ? "outerMorph" : "outerHTML" });
  return showAgain();
}

function toast(message, tone = "") {
  const box = document.createElement("div");
  box.className = `toast ${tone}`;
  const text = document.createElement("span");
  text.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = texts.dismiss;
  close.addEventListener("click", () => box.remove());
  box.append(text, close);
  $(".toasts")?.append(box);
  if (tone !== "bad") setTimeout(() => box.remove(), 7000);
}

// ---- Requests to the API, under the cookies of this browser ----

class Refused extends Error {
  constructor(status, problem) {
    super(problem.message);
    this.status = status;
    this.code = problem.code;
    this.details = problem.details || [];
  }
}

async function call(method, path, { body, headers = {} } = {}) {
  const sent = { Accept: "application/json", "X-CSRF-Token": cookie("py360_csrf"), ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path.startsWith(`${base}/`) ? path : `${base}/api${path}`, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refused(0, { code: "unreachable", message: texts.failed });
  }
  const read = await answer.json().catch(() => null);
  if (answer.ok && read?.success !== false) return read?.data ?? {};
  const refused = new Refused(answer.status, read?.error ?? { code: "unreadable", message: texts.failed });
  if (answer.status === 401 && (await signInAgain())) return call(method, path, { body, headers });
  throw refused;
}

// ---- Signing in again: the page stays as it is ----

let signingIn = null;

function signInAgain() {
  const dialog = $("#sign-in-again");
  if (!dialog) return Promise.resolve(false);
  signingIn ??= new Promise((resolve) => {
    dialog.showModal();
    const done = (success) => { signingIn = null; dialog.removeEventListener("close", gaveUp); dialog.close(); resolve(success); };
    const gaveUp = () => done(false);
    dialog.addEventListener("close", gaveUp);
    $("form", dialog).onsubmit = async (event) => {
      event.preventDefault();
      const form = event.target;
      const body = new URLSearchParams(new FormData(form));
      body.set("csrf", cookie("py360_csrf"));
      const answer = await fetch(`${base}/sign-in`, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
      if (answer?.ok) {
        form.reset();
        connect();
        done(true);
      } else {
        const read = await answer?.json().catch(() => null);
        say(form, read?.error?.message ?? texts.failed);
      }
    };
  });
  return signingIn;
}

// ---- Forms ----

// The values of a form as the JSON that the API takes: `a.b` is within a, `a[]` a list, data-type says what is no text. What is
// left empty is left out of what is new, or is sent whole (data-whole).
function values(form) {
  const made = {};
  const isNew = (form.dataset.api || "POST ").startsWith("POST") || form.dataset.whole !== undefined;
  for (const field of form.elements) {
    if (!field.name || field.matches(":disabled, [data-local]") || field.name === "csrf" || field.type === "file" || field.dataset.type === "result") continue;
    if (field.type === "radio" && !field.checked) continue;
    const isList = field.name.endsWith("[]");
    if (field.type === "checkbox" && isList && !field.checked) { place(made, field.name.slice(0, -2), [], true); continue; }
    let value = field.type === "checkbox" && !isList ? field.checked : field.value;
    if (typeof value === "string") value = value.trim();
    const was = field.defaultValue ?? $$("option", field).find((option) => option.defaultSelected)?.value ?? "";
    if (form.dataset.changed !== undefined && !isList && !isFieldChanged(field)) continue;
    if (value === "" && (isNew || was === "") && field.dataset.empty !== "send") continue;
    if (value === "" && field.dataset.empty === "send") value = null;
    const type = field.dataset.type;
    if (type === "number" && value !== "" && value !== null) value = Number(String(value).replaceAll(",", ""));
    if (type === "list") value = String(value ?? "").split(",").map((each) => each.trim()).filter(Boolean);
    if (type === "boolean" && typeof value === "string") value = value === "true";
    if (field.type === "datetime-local" && value) value = `${value}:00+05:30`.replace(/(T\d\d:\d\d:\d\d):00\+/, "$1+");
    place(made, isList ? field.name.slice(0, -2) : field.name, isList ? [value] : value, isList);
  }
  return made;
}

function place(made, name, value, append) {
  const parts = name.split(".");
  const last = parts.pop();
  let at = made;
  // A number is a place in a list: `intervals.0.channel`.
  parts.forEach((part, index) => { at = at[part] ??= /^\d+$/.test(parts[index + 1] ?? last) ? [] : {}; });
  at[last] = append ? [...(at[last] ?? []), ...value] : value;
}

function clear(form) {
  for (const wrong of $$(".wrong", form)) wrong.textContent = "";
  for (const field of $$("[aria-invalid]", form)) field.removeAttribute("aria-invalid");
  const box = $("[data-problem]", form);
  if (box) box.hidden = true;
}

function say(form, message, button = null) {
  const box = $("[data-problem]", form);
  if (!box) return toast(message, "bad");
  const text = $("div", box);
  text.textContent = message;
  if (button) text.append(" ", button);
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
}

// A refusal: each part beside its field, the rest above the form.
function refuse(form, refused) {
  const rest = [];
  let first = null;
  for (const { field, message } of refused.details) {
    const inputs = $$("[name]", form);
    const input = inputs.find((each) => each.name.replace(/\[\]$/, "") === field) ?? inputs.find((each) => each.name.split(".").pop() === field.split(".").pop());
    const wrong = input && $(".wrong", input.closest(".field") ?? input.parentElement);
    if (!wrong) { rest.push(field ? `${field}: ${message}` : message); continue; }
    wrong.textContent = message.charAt(0).toUpperCase() + message.slice(1);
    input.setAttribute("aria-invalid", "true");
    first ??= input;
  }
  let button = null;
  if (refused.status === 412 || refused.code === "changed_meanwhile") {
    button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = texts.reload;
    button.addEventListener("click", () => location.reload());
  }
  if (!first || rest.length || button) say(form, [refused.message, ...rest.filter((each) => !refused.message.includes(each))].join(" "), button);
  first?.focus();
}

function isFieldChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") {
    const was = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
    return field.value !== (was?.value ?? "");
  }
  return field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue;
}
const isChanged = (form) => form.rowsChanged || [...form.elements].some(isFieldChanged);

async function send(form, submitter) {
  const [method, path] = form.dataset.api.split(" ");
  if (form.dataset.confirm && !(await confirmed(form.dataset.confirm))) return;
  clear(form);
  const button = submitter ?? $("button:not([type=button])", form);
  button?.setAttribute("aria-busy", "true");
  if (button) button.disabled = true;
  const headers = {};
  if (form.dataset.version) headers["If-Match"] = `"${form.dataset.version}"`;
  if (method === "POST") headers["X-Idempotency-Key"] = form.key ??= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const body = values(form);
  if (submitter?.name) place(body, submitter.name, submitter.value);
  const wanted = form.dataset.bodyless === undefined ? body : undefined;
  try {
    const data = await call(method, fill(path, body), { body: method === "DELETE" ? undefined : wanted, headers });
    form.key = undefined;
    form.sent = true;
    const refreshes = !form.dataset.then && !form.dataset.leaves;
    const report = () => toast(form.dataset.done || data.message || texts.done);
    if (!refreshes) report();
    form.dispatchEvent(new CustomEvent("sent", { bubbles: true, detail: data }));
    if (form.dataset.then === "stay") return;
    if (form.dataset.leaves) { location.assign(data[form.dataset.leaves]); return; } // to a page elsewhere, which leads back
    form.closest("dialog")?.close();
    if (form.dataset.then) location.assign(fill(form.dataset.then, data));
    else {
      await show(location.href);
      report(); // when what one types next is not replaced any more
    }
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    if (refused.status) form.key = undefined;
    refuse(form, refused);
  } finally {
    button?.removeAttribute("aria-busy");
    if (button) button.disabled = false;
  }
}

// `/console/campaigns/{campaigns.0.id}` with the values of an answer.
function fill(pattern, data) {
  return pattern.replace(/\{([\w.]+)\}/g, (_, path) => encodeURIComponent(path.split(".").reduce((at, name) => at?.[name], data) ?? ""));
}

function confirmed(question) {
  const dialog = $("#confirm");
  $("#confirm-text").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const csrf = $("[data-csrf]", form);
  if (csrf) csrf.value = cookie("py360_csrf");
  if (form.dataset.api) {
    event.preventDefault();
    send(form, event.submitter?.name ? event.submitter : null);
  }
});

// ---- Parts of a form that count only with a choice; parts of a page ----

function arrange(form) {
  for (const part of $$("[data-when]", form)) {
    const [name, value] = part.dataset.when.split("=");
    const isOn = !part.parentElement.closest("[data-when][hidden]") && $$("[name]", form).some((each) => each.name === name && each.value === value && (/radio|checkbox/.test(each.type) ? each.checked : true));
    part.hidden = !isOn;
    for (const field of $$("input, select, textarea", part)) field.disabled = !isOn;
  }
}

async function part(target, address, body, signal) {
  const headers = { Accept: "text/html", "HX-Request": "true", "X-CSRF-Token": cookie("py360_csrf"), ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(address, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal }).catch(() => null);
  if (answer?.status === 401 && (await signInAgain())) return part(target, address, body, signal);
  const html = answer?.ok ? await answer.text().catch(() => null) : null;
  if (html !== null && target.isConnected && !signal?.aborted) target.innerHTML = html;
  return html !== null;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form");
  if (!form) return;
  const { sets } = event.target.dataset;  // a choice that decides another field: its options say what
  if (sets) form.elements[sets].value = event.target.selectedOptions[0]?.dataset.value ?? "";
  arrange(form);
});
function arrangeAll() { for (const form of $$("form")) if ($("[data-when]", form)) arrange(form); }
// What scrolls by itself can be reached by the keyboard.
function reachTables() { for (const box of $$(".table-box")) box.scrollWidth > box.clientWidth ? box.setAttribute("tabindex", "0") : box.removeAttribute("tabindex"); }
document.addEventListener("htmx:after:swap", () => { arrangeAll(); reachTables(); showTab(); });
addEventListener("resize", reachTables);
arrangeAll();
reachTables();
// Menu and tabs show where one is, also when that is far down or aside.
const current = $(".side [aria-current]");
if (current) $(".side").scrollTop = current.offsetTop - $(".side").clientHeight / 2;
function showTab() { for (const tab of $$(".tabs [aria-current]")) tab.parentElement.scrollLeft = tab.offsetLeft + (tab.offsetWidth - tab.parentElement.clientWidth) / 2 - tab.parentElement.offsetLeft; }
showTab();

// A button that asks the API for one thing: data-call="PUT /cases/CASE-1/priority", data-body its JSON.
document.addEventListener("click", async (event) => {
  const at = event.target.closest("[data-call], [data-open], [data-close], [data-menu], [data-theme-choice], [data-client], [data-copy], [data-show-news]");
  if (!at) return;
  const { call: wanted, open, close, menu, themeChoice, client, copy } = at.dataset;
  if (open !== undefined) { event.preventDefault(); $(open)?.showModal(); }
  if (close !== undefined) at.closest("dialog")?.close();
  if (at.dataset.showNews !== undefined) await show(location.href);
  if (copy !== undefined) { await navigator.clipboard?.writeText(copy); toast(texts.done); }
  if (menu !== undefined) at.setAttribute("aria-expanded", String(document.body.classList.toggle("menu-open")));
  if (themeChoice !== undefined) {
    setCookie("py360_theme", themeChoice);
    document.documentElement.dataset.theme = themeChoice;
    for (const each of $$("[data-theme-choice]")) each.setAttribute("aria-pressed", String(each === at));
  }
  if (client !== undefined) { setCookie("py360_client", client); location.reload(); }
  if (wanted !== undefined) {
    event.preventDefault();
    if (at.dataset.confirm && !(await confirmed(at.dataset.confirm))) return;
    const [method, path] = wanted.split(" ");
    at.setAttribute("aria-busy", "true");
    try {
      const data = await call(method, path, { body: at.dataset.body ? JSON.parse(at.dataset.body) : method === "DELETE" ? undefined : {} });
      toast(at.dataset.done || data.message || texts.done);
      if (at.dataset.then) location.assign(fill(at.dataset.then, data));
      else await show(location.href);
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      toast([refused.message, ...refused.details.map((each) => each.message)].join(" "), "bad");
    } finally {
      at.removeAttribute("aria-busy");
    }
  }
});

document.addEventListener("click", (event) => {
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target) || event.target.closest(".sheet a, .sheet button")) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of $$("details.menu[open]")) { menu.open = false; $("summary", menu).focus(); }
  if (document.body.classList.contains("menu-open")) $("[data-menu]").click();
});
addEventListener("beforeunload", (event) => {
  if ($$("form[data-api][data-keep]").some((form) => !form.sent && isChanged(form))) event.preventDefault();
});
// A part of the page that could not be shown: what was typed elsewhere on it stays, also when the sign-in has ended.
document.addEventListener("htmx:response:error", async ({ detail: { ctx } }) => {
  if (ctx.response.status !== 401) {
    const said = new DOMParser().parseFromString(ctx.text ?? "", "text/html").querySelector(".empty p")?.textContent;
    toast(said || texts.failed, "bad");
  } else if (await signInAgain()) {
    if (ctx.sourceElement?.matches("[hx-get]")) htmx.trigger(ctx.sourceElement, "refresh");
    else showAgain?.();
  }
});

// ---- Live: the server says what has changed, and the parts of the page that show it are asked for anew ----

let socket = null, lastSeq = null, pause = 1000, lostTimer = null;
const due = new Map();

async function connect() {
  if (!document.body.hasAttribute("data-live-socket") || socket?.readyState <= 1) return;
  try {
    const { ticket } = await call("POST", "/ws/ticket");
    const since = lastSeq === null ? "" : `&since=${lastSeq}`;
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws?ticket=${encodeURIComponent(ticket)}${since}`);
  } catch (refused) {
    if (refused.status !== 401) lost();
    return;
  }
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.seq) lastSeq = message.seq;
    if (message.type === "ready" || message.type === "resync") {
      pause = 1000;
      clearTimeout(lostTimer);
      lostTimer = null;
      const banner = $("[data-offline]");
      if (banner && !banner.hidden) { banner.hidden = true; refreshLive(() => true); }
      if (message.type === "resync") refreshLive(() => true);
      return;
    }
    if (message.type === "notification.new") countUnread();
    document.dispatchEvent(new CustomEvent("live", { detail: message }));
    refreshLive((wanted) => wanted.split(" ").includes(message.type));
    for (const line of $$("[data-news]")) if (line.dataset.news === message.type) line.hidden = false;
  };
  socket.onclose = () => { socket = null; lost(); };
}

function lost() {
  lostTimer ??= setTimeout(() => { const banner = $("[data-offline]"); if (banner) { banner.textContent = texts.lost; banner.hidden = false; } }, 2500);
  setTimeout(connect, pause);
  pause = Math.min(pause * 2, 15000);
}

// At most once a second for each part: `<section id="x" data-live="campaign.metrics">`. What is being typed is left alone.
function refreshLive(matches) {
  for (const part of $$("[data-live]")) {
    if (!part.id || !matches(part.dataset.live) || due.has(part.id)) continue;
    due.set(part.id, setTimeout(() => {
      due.delete(part.id);
      const now = document.getElementById(part.id);
      if (!now || now.contains(document.activeElement?.closest("form")) || $("dialog[open], details.menu[open]", now) || $(".pick:checked", now)) return;
      show(location.href, `#${CSS.escape(part.id)}`, { morph: true });
    }, 1000));
  }
}

async function countUnread() {
  const dot = $("[data-unread]");
  if (!dot) return;
  try {
    const { unreadCount } = await call("GET", "/notifications/unread-count");
    dot.textContent = unreadCount > 99 ? "99+" : unreadCount;
    dot.hidden = !unreadCount;
  } catch { /* the next message asks again */ }
}

if (document.body.hasAttribute("data-live-socket")) {
  connect();
  countUnread();
}
