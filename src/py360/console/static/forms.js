// Forms that send a file, forms that show what they were answered, and parts of a page that are asked for on their own.
"use strict";

// <form data-multipart="POST /files">: its fields and files as they are; then as `send` does.
async function sendFiles(form, submitter) {
  const [method, path] = form.dataset.multipart.split(" ");
  clear(form);
  const button = submitter ?? $("button:not([type=button])", form);
  button?.setAttribute("aria-busy", "true");
  if (button) button.disabled = true;
  try {
    const answer = await fetch(`${base}/api${path}`, { method, headers: { Accept: "application/json", "X-CSRF-Token": cookie("py360_csrf") }, body: new FormData(form) })
      .catch(() => { throw new Refused(0, { code: "unreachable", message: texts.failed }); });
    const read = await answer.json().catch(() => null);
    if (!answer.ok) {
      if (answer.status === 401 && (await signInAgain())) return await sendFiles(form, submitter);
      throw new Refused(answer.status, read?.error ?? { code: "unreadable", message: texts.failed });
    }
    toast(read?.data?.message || texts.done);
    form.closest("dialog")?.close();
    if (form.dataset.then) location.assign(fill(form.dataset.then, read.data));
    else await show(location.href);
    if (form.dataset.errors && read.data.errors?.length) showErrors($(form.dataset.errors), read.data.errors);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    refuse(form, refused);
  } finally {
    button?.removeAttribute("aria-busy");
    if (button) button.disabled = false;
  }
}
// The rows of a file that were refused, in a dialog: `data-errors` names it.
function showErrors(box, errors) {
  $("ul", box).replaceChildren(...errors.map(({ row, field, message }) => { const item = document.createElement("li"); item.textContent = `${row} · ${field}: ${message}`; return item; }));
  box.showModal();
}
document.addEventListener("submit", (event) => {
  if (!event.target.dataset.multipart) return;
  event.preventDefault();
  sendFiles(event.target, event.submitter);
});

// <form data-shows>: fields and `data-result-of` elements take the values of the answer, which `data-result` then shows.
document.addEventListener("sent", (event) => {
  const form = event.target;
  if (form.dataset.shows === undefined) return;
  for (const box of $$("[data-result]", form)) box.hidden = false;
  for (const place of $$("[data-result-of]", form)) {
    const value = event.detail[place.dataset.resultOf] ?? "";
    const isMoment = /^\d{4}-\d\d-\d\dT/.test(value);
    place.textContent = isMoment ? new Date(value).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Kolkata" }) : value;
  }
  for (const field of $$("[data-type=result]", form)) field.value = event.detail[field.name] ?? "";
  for (const button of $$("[data-copy-of]", form)) button.dataset.copy = event.detail[button.dataset.copyOf] ?? "";
});

// <form data-answer-to="/console/…" data-answer-in="#box">: what the API answered is posted to a page of ours, which makes a part of it.
document.addEventListener("sent", ({ target, detail }) => {
  const { answerTo, answerIn } = target.dataset;
  if (answerTo) part($(answerIn), answerTo, detail);
});

// <div data-part="/console/…" data-every="20">: asked for now, every so many seconds and at live messages of the types in data-on; data-part-load: at a click.
for (const box of $$("[data-part]")) {
  part(box, box.dataset.part);
  if (box.dataset.every) setInterval(() => { if (!document.hidden && box.isConnected) part(box, box.dataset.part); }, 1000 * Number(box.dataset.every));
}
document.addEventListener("live", ({ detail }) => { for (const box of $$("[data-on]")) if (box.dataset.on.split(" ").includes(detail.type)) part(box, box.dataset.part); });
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-part-load]");
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  if (!(await part($(button.dataset.partLoad), button.dataset.address))) toast(texts.failed, "bad");
  button.removeAttribute("aria-busy");
});

// <button data-suggestion="…"> in a form: its text goes where one writes.
document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-suggestion]");
  if (!at) return;
  const text = $("textarea", at.closest("form"));
  text.setRangeText(at.dataset.suggestion, text.selectionStart, text.selectionEnd, "end");
  text.focus();
});

// In a form with `subject` and `body`: <button data-improve> puts the text into better words, <button data-subjects="#lines"> offers subject lines.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-improve], [data-subjects]");
  if (!button) return;
  const form = button.closest("form");
  const { subject, body } = form.elements;
  clear(form);
  button.setAttribute("aria-busy", "true");
  try {
    if (button.dataset.subjects) {
      const { subjects } = await call("POST", "/ai/email/subjects", { body: { topic: (body.value || subject.value).trim().slice(0, 500) } });
      $(button.dataset.subjects).replaceChildren(...subjects.map((line) => {
        const choice = document.createElement("button");
        Object.assign(choice, { type: "button", className: "choice", textContent: line });
        choice.addEventListener("click", () => { subject.value = line; subject.focus(); });
        return choice;
      }));
    } else {
      const better = await call("POST", "/ai/email/enhance", { body: { subject: subject.value.slice(0, 300), body: body.value } });
      body.setRangeText(better.body, 0, body.value.length, "end");
      if (better.subject) subject.value = better.subject;
      toast(better.source === "rules" ? button.dataset.rules : button.dataset.model);
    }
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    refuse(form, refused);
  } finally {
    button.removeAttribute("aria-busy");
  }
});

// ---- Forms with as many rows as one needs: <fieldset data-rows="conditions" data-most="10"> with rows, a template of one, a button that adds ----

// Rows are numbered from 0 in their order: `conditions.0.value`, also where a choice of the row shows a part of it.
function numberRows(box) {
  const rows = $$("[data-row]", box);
  const own = new RegExp(`^${box.dataset.rows}\\.[^.]+\\.`);
  rows.forEach((row, place) => {
    for (const each of $$("[name]", row)) each.name = each.name.replace(own, `${box.dataset.rows}.${place}.`);
    for (const each of $$("[data-when]", row)) each.dataset.when = each.dataset.when.replace(own, `${box.dataset.rows}.${place}.`);
  });
  for (const button of $$("[data-remove-row]", box)) button.disabled = rows.length <= Number(box.dataset.least ?? 0);
  const add = $("[data-add-row]", box);
  if (add) add.disabled = rows.length >= Number(box.dataset.most);
  const none = $("[data-no-rows]", box);
  if (none) none.hidden = rows.length > 0;
  if (box.form) arrange(box.form);
}

let added = 0;
document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-rows]");
  if (!box) return;
  if (event.target.closest("[data-add-row]")) {
    const row = $("template", box).content.cloneNode(true).firstElementChild;
    added += 1;
    for (const each of $$("[id], [for], [aria-describedby]", row)) {
      for (const name of ["id", "for", "aria-describedby"]) if (each.hasAttribute(name)) each.setAttribute(name, each.getAttribute(name).split(" ").map((id) => `${id}-${added}`).join(" "));
    }
    $("[data-row-list]", box).append(row);
    numberRows(box);
    $("input, select", row).focus();
  } else if (event.target.closest("[data-remove-row]")) {
    const row = event.target.closest("[data-row]");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    numberRows(box);
    box.form.rowsChanged = true;
    ((next && $("input, select", next)) ?? $("[data-add-row]", box))?.focus();
  }
});
const numberAllRows = () => { for (const box of $$("[data-rows]")) numberRows(box); };
document.addEventListener("htmx:after:swap", numberAllRows);
numberAllRows();
