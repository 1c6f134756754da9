// Lists: filters that stand in the address, sorting and paging without a new page, bulk actions, the keyboard, saved views.
"use strict";

const listing = () => $("#list");

function filterAddress(form) {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") asked.append(name, value);
  return location.pathname + (asked.size ? `?${asked}` : "");
}

let typing = null;
function filter(form, wait = 0) {
  clearTimeout(typing);
  typing = setTimeout(() => show(filterAddress(form), "#list", { push: true }), wait);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-filters]");
  if (form) filter(form, event.target.type === "search" || event.target.type === "text" ? 300 : 0);
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-filters]")) { event.preventDefault(); filter(event.target); }
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("#list thead a, #list .pager a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  show(link.href, "#list", { push: true }).then(() => listing().scrollIntoView({ block: "nearest" }));
});

// ---- Bulk actions: what is picked, and what became of each ----

function picked() { return $$(".pick:checked").map((box) => box.value); }
function countPicked() {
  const bar = $(".bulk"), count = picked().length;
  if (!bar) return;
  bar.hidden = count === 0;
  const number = $("[data-picked]", bar);
  if (number) number.textContent = count;
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) for (const box of $$(".pick")) box.checked = event.target.checked;
  if (event.target.matches(".pick, [data-pick-all]")) countPicked();
});
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.bulk) return;
  event.preventDefault();
  const [method, path] = form.dataset.bulk.split(" ");
  clear(form);
  try {
    const data = await call(method, path, { body: { ...values(form), [form.dataset.ids ?? "caseIds"]: picked() } });
    const failures = data.failures ?? data.results?.filter((each) => !each.success) ?? [];
    form.closest("dialog")?.close();
    toast(data.message || texts.done, data.failedCount || failures.length ? "bad" : "");
    const box = $("#bulk-failures");
    await show(location.href, "#list");
    if (failures.length && box) {
      const items = $("ul", box);
      items.replaceChildren(...failures.map((failure) => { const item = document.createElement("li"); item.textContent = `${failure.caseId ?? failure.id}: ${failure.message ?? failure.reason ?? failure.error}`; return item; }));
      box.showModal();
    }
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    refuse(form, refused);
  }
});

// The selected ones as a file, and none selected any more.
document.addEventListener("click", (event) => {
  const file = event.target.closest(".bulk [data-export]");
  if (file) location.assign(`${file.dataset.export}?${new URLSearchParams({ ids: picked().join(",") })}`);
  if (!event.target.closest(".bulk [data-clear]")) return;
  for (const box of $$(".pick:checked, [data-pick-all]:checked")) box.checked = false;
  countPicked();
});

// ---- Keyboard: j and k go through the rows, Enter opens, x picks, / searches ----

function step(by) {
  const rows = $$("[data-list] tbody tr");
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("at"));
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  rows[at]?.classList.remove("at");
  next.classList.add("at");
  next.scrollIntoView({ block: "nearest" });
  $("a", next)?.focus({ preventScroll: true });
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
  const at = $("[data-list] tr.at");
  if (event.key === "/") { event.preventDefault(); ($("#main [data-search]") ?? $("[data-search]"))?.focus(); }
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "Enter" && at && event.target === document.body) $("a", at)?.click();
  else if (event.key === "x" && at) { const box = $(".pick", at); if (box) { box.checked = !box.checked; countPicked(); } }
});

// ---- Views and columns: kept on the server, for this person ----

async function keep(path, body, part) {
  try {
    toast((await call("PUT", path, { body })).message || texts.done);
    await show(location.href, part);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    toast([refused.message, ...refused.details.map((each) => each.message)].join(" "), "bad");
  }
}
document.addEventListener("submit", (event) => {
  const path = event.target.dataset.saveView;
  if (path === undefined) return;
  event.preventDefault();
  const query = new URLSearchParams(location.search);
  for (const name of ["lang", "page", "cursor"]) query.delete(name);
  keep(path, { name: new FormData(event.target).get("name"), query: query.size ? `?${query}` : "" }, "#views");
});
document.addEventListener("change", (event) => {
  const key = event.target.dataset.column;
  if (key !== undefined) keep(event.target.closest("[data-columns]").dataset.columns, { columns: { [key]: event.target.checked } }, "#list");
});
document.addEventListener("htmx:after:swap", countPicked);
