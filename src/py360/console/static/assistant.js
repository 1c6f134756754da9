// The conversation with the assistant: a question is posted, its answer arrives in events (text/event-stream) and grows on the page.
"use strict";

const chat = $("[data-chat]");
const words = JSON.parse(chat.dataset.texts);
const log = $(".chat-log", chat), form = $("form", chat), question = $("textarea", form);
const stop = $("[data-stop]", form), ask = $(".primary", form);
const turns = []; // what was said, oldest first; the last eight go along
let running = null;

function bubble(role, text) {
  const item = document.createElement("li");
  item.className = `message ${role}`;
  const name = document.createElement("span");
  name.className = "soft small";
  name.textContent = role === "user" ? words.you : words.assistant;
  const body = document.createElement("div");
  body.className = role === "user" ? "bubble out" : "bubble";
  body.textContent = text;
  item.append(name, body);
  log.append(item);
  item.scrollIntoView({ block: "nearest" });
  return { item, body };
}

// The events of a stream: name and data of each, as they arrive.
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const lines = part.split("\n");
      const of = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join("\n");
      yield { name: of("event"), data: JSON.parse(of("data") || "{}") };
    }
  }
}

function close({ item }, end) {
  const notes = [];
  if (end.citations?.length) notes.push(`${words.from} ${[...new Set(end.citations.map((each) => `${each.name}, ${words.page.replace("{page}", each.page)}`))].join("; ")}`);
  if (end.source === "rules") notes.push(words.rules);
  if (end.problem) notes.push(end.problem);
  if (end.complete === false) notes.push(words.incomplete);
  for (const text of notes) {
    const note = document.createElement("p");
    note.className = "soft small";
    note.textContent = text;
    item.append(note);
  }
}

async function converse(text) {
  clear(form);
  $(".chat-examples", chat).hidden = true;
  bubble("user", text);
  const made = bubble("assistant", words.waiting);
  running = new AbortController();
  stop.hidden = false;
  ask.disabled = true;
  let said = "";
  try {
    const answer = await fetch(`${base}/api/ai/chat`, {
      method: "POST", signal: running.signal,
      headers: { "Content-Type": "application/json", Accept: "text/event-stream", "X-CSRF-Token": cookie("py360_csrf") },
      body: JSON.stringify({ message: text, history: turns.slice(-8) }),
    });
    if (!answer.ok) {
      const read = await answer.json().catch(() => null);
      if (answer.status === 401 && (await signInAgain())) { made.item.previousSibling.remove(); made.item.remove(); return converse(text); }
      throw new Refused(answer.status, read?.error ?? { code: "unreadable", message: texts.failed });
    }
    for await (const { name, data } of events(answer)) {
      if (name === "token") { said += data.text; made.body.textContent = said; }
      if (name === "done") close(made, data);
    }
    turns.push({ role: "user", content: text }, { role: "assistant", content: said || "–" });
  } catch (problem) {
    if (problem.name === "AbortError") { made.body.textContent = said || words.stopped; close(made, { complete: !said }); }
    else { made.item.remove(); say(form, problem instanceof Refused ? problem.message : texts.failed); question.value = text; }
  } finally {
    running = null;
    stop.hidden = true;
    ask.disabled = false;
    question.focus();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (!text || running) return;
  question.value = "";
  converse(text);
});
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
});
stop.addEventListener("click", () => running?.abort());
$("[data-clear]", form).addEventListener("click", () => { running?.abort(); turns.length = 0; log.replaceChildren(); $(".chat-examples", chat).hidden = false; question.focus(); });
for (const each of $$("[data-question]", chat)) each.addEventListener("click", () => { if (!running) converse(each.dataset.question); });
