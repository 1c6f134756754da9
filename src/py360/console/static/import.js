// A file of templates: it is read here, so that one sees what is in it before anything is made.
"use strict";

const importForm = $("[data-import]");
let readTemplates = null;

// The file may be what the API exports, with or without its envelope, or the list alone.
async function readFile(file) {
  try {
    const read = JSON.parse(await file.text());
    const list = [read?.data?.templates, read?.templates, read].find(Array.isArray);
    return list?.length && list.every((each) => each && typeof each === "object") ? list : null;
  } catch {
    return null;
  }
}

importForm.addEventListener("change", async ({ target }) => {
  clear(importForm);
  const box = $("[data-found]", importForm), words = JSON.parse(importForm.dataset.texts);
  readTemplates = target.files.length ? await readFile(target.files[0]) : null;
  box.hidden = !readTemplates;
  if (!readTemplates) { if (target.files.length) say(importForm, words.unreadable); return; }
  $("p", box).textContent = words.found.replace("{count}", readTemplates.length);
  $("ul", box).replaceChildren(...readTemplates.map(({ name, type, language }) => {
    const item = document.createElement("li"), title = document.createElement("strong");
    title.textContent = name ?? "–";
    item.append(title, ` · ${[type, language].filter(Boolean).join(" · ")}`);
    return item;
  }));
});

importForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!readTemplates) return say(importForm, JSON.parse(importForm.dataset.texts).unreadable);
  clear(importForm);
  const [method, path] = importForm.dataset.import.split(" ");
  const button = $("button:not([type=button])", importForm);
  button.disabled = true;
  try {
    toast((await call(method, path, { body: { templates: readTemplates } })).message);
    location.assign(importForm.dataset.then);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    // `templates.3.content` is the content of a template that has a name
    for (const each of refused.details) {
      const [, place, field] = /^templates\.(\d+)\.?(.*)$/.exec(each.field) ?? [];
      if (place) each.field = [readTemplates[place]?.name, field].filter(Boolean).join(", ");
    }
    refuse(importForm, refused);
    if (refused.status) importForm.reset(); // what is mended is chosen anew, also under the same name
  } finally {
    button.disabled = false;
  }
});
